// The letters of canvases are those of the page.

const kFont = 'ui-sans-serif, system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export function set_font(
  ctx: CanvasRenderingContext2D, ratio: number, size = 11, weight = 400,
): void {
  ctx.font = `${weight} ${size * ratio}px ${kFont}`;
  ctx.fontVariantCaps = 'normal';
  ctx.textBaseline = 'middle';
}
