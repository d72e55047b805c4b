/** Class colours where they have to be read against the page. Colours are sRGB, 0–255. */

export type Rgb = readonly [red: number, green: number, blue: number];

export const cssColor = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

/** Relative luminance of WCAG 2.2, 0–1. */
export function luminance([red, green, blue]: Rgb): number {
  const linear = (channel: number) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Contrast ratio of WCAG 2.2, 1–21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The nearest mix of `color` with white or black that stands out from `background` by at least `ratio`. */
export function legible(color: Rgb, background: Rgb, ratio: number): Rgb {
  const target = luminance(background) < 0.18 ? 255 : 0;
  for (let step = 0; step <= 20; step++) {
    const t = step / 20;
    const mixed = color.map((channel) => Math.round(channel + (target - channel) * t)) as unknown as Rgb;
    if (contrast(mixed, background) >= ratio) return mixed;
  }
  return [target, target, target];
}
