// What was drawn of the last frame, kept while the map is panned in time: only the strip that
// comes into view is drawn, the rest is copied. A texture as wide as the plot is used as a ring.
//
//     screen   0 ─────────────────────── width      ring_x = (screen_x + origin) mod width
//     ring     [ origin .. width | 0 .. origin ]
//
// Invariant: what is in the ring was drawn with `key`, at times that differ by whole pixels.

export type Strip = {
  readonly from: number; // pixels of the screen
  readonly to: number;
  readonly offset: number; // of the ring to the screen
};

const kWholePx = 0.02;

export type Ring = { readonly at: number; readonly origin: number };

// Where the ring goes when the screen moves to `at`, and what is to be drawn then; null: it cannot
// follow, the step is no whole number of pixels or as wide as the screen.
export function advance_ring(
  ring: Ring, at: number, width: number,
): { ring: Ring; strips: Strip[] } | null {
  const shift = Math.round(at - ring.at);
  if (Math.abs(at - ring.at - shift) > kWholePx || Math.abs(shift) >= width) return null;
  const origin = (((ring.origin + shift) % width) + width) % width;
  const [from, to] = shift > 0 ? [width - shift, width] : [0, -shift];
  return { ring: { at: ring.at + shift, origin }, strips: split(from, to, origin, width) };
}

// At the place where the ring begins again.
function split(from: number, to: number, origin: number, width: number): Strip[] {
  const seam = width - origin;
  return [
    { from, to: Math.min(to, seam), offset: origin },
    { from: Math.max(from, seam), to, offset: origin - width },
  ].filter((strip) => strip.to > strip.from);
}

export class ScrollCache {
  readonly #gl: WebGL2RenderingContext;
  readonly #frame: WebGLFramebuffer;
  #texture: WebGLTexture | null = null;
  #width = 0;
  #height = 0;
  #key = '';
  #ring: Ring | null = null;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#frame = gl.createFramebuffer();
  }

  // The strips to draw; null: draw to the screen, there is nothing to be gained. The first frame
  // with a key goes there, so that a zoom costs no copy.
  plan(key: string, at: number, width: number, height: number): Strip[] | null {
    const is_same = key === this.#key && width === this.#width && height === this.#height;
    if (!is_same) {
      this.#key = key;
      [this.#width, this.#height] = [width, height];
      this.#drop();
      return null;
    }
    if (this.#ring === null) {
      this.#ring = { at, origin: 0 };
      this.#make();
      return [{ from: 0, to: width, offset: 0 }];
    }
    const next = advance_ring(this.#ring, at, width);
    this.#ring = next?.ring ?? null;
    return next?.strips ?? null;
  }

  #drop(): void {
    this.#ring = null;
    if (this.#texture !== null) this.#gl.deleteTexture(this.#texture);
    this.#texture = null;
  }

  #make(): void {
    if (this.#texture !== null) return;
    const gl = this.#gl;
    this.#texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE3);
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, this.#width, this.#height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#frame);
    gl.framebufferTexture2D(
      gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.#texture, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  // Drawing goes into the strip until end().
  begin({ from, to, offset }: Strip): void {
    const gl = this.#gl;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#frame);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(from + offset, 0, to - from, this.#height);
  }

  end(): void {
    this.#gl.disable(this.#gl.SCISSOR_TEST);
    this.#gl.bindFramebuffer(this.#gl.FRAMEBUFFER, null);
  }

  // Copies the ring to the screen, in two parts.
  show(): void {
    const gl = this.#gl;
    const origin = this.#ring?.origin ?? 0;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.#frame);
    for (const { from, to, offset } of split(0, this.#width, origin, this.#width)) {
      gl.blitFramebuffer(from + offset, 0, to + offset, this.#height, from, 0, to, this.#height,
        gl.COLOR_BUFFER_BIT, gl.NEAREST);
    }
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
  }
}
