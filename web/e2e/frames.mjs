// How long frames take while panning, beside those of one full-screen texture in the same page.
// Runs inside the page.

export async function measure_panning(count) {
  const chart = document.querySelector('.chart');
  const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const run = async (change) => {
    const times = [];
    let before = await frame();
    for (let i = 0; i < count; i += 1) {
      change(i);
      const now = await frame();
      times.push(now - before);
      before = now;
    }
    return median(times);
  };
  const step = (i) => chart.dispatchEvent(new WheelEvent('wheel', {
    deltaX: i % 40 < 20 ? -7 : 7, bubbles: true, cancelable: true,
  }));
  const pan = await run(step);
  const draws = [];
  for (let i = 0; i < 40; i += 1) {
    step(i);
    draws.push(globalThis.faultline.measure_frame());
    await frame();
  }
  const { base, base_draw } = await (async () => {
    const canvas = document.createElement('canvas');
    const map = document.querySelector('.chart canvas');
    canvas.width = map.width;
    canvas.height = map.height;
    canvas.style.cssText = map.style.cssText;
    chart.append(canvas);
    const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
    const program = gl.createProgram();
    const add = (kind, text) => {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, `#version 300 es\nprecision highp float;\n${text}`);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    };
    add(gl.VERTEX_SHADER, `out vec2 at; void main() { at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
      gl_Position = vec4(at * 2.0 - 1.0, 0, 1); }`);
    add(gl.FRAGMENT_SHADER, `in vec2 at; uniform sampler2D t; uniform float s; out vec4 c;
      void main() { c = texture(t, at + s); }`);
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, canvas.width, canvas.height, 0, gl.RGBA,
      gl.UNSIGNED_BYTE, new Uint8Array(4 * canvas.width * canvas.height).fill(90));
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.viewport(0, 0, canvas.width, canvas.height);
    const draw = (i) => {
      gl.uniform1f(gl.getUniformLocation(program, 's'), i / 1000);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    };
    const time = await run(draw);
    const each = [];
    for (let i = 0; i < 40; i += 1) {
      const before = performance.now();
      draw(i);
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      each.push(performance.now() - before);
      await frame();
    }
    canvas.remove();
    return { base: time, base_draw: median(each) };
  })();
  return { pan, draw: median(draws), base, base_draw };
}
