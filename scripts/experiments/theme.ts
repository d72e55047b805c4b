import type { Config } from 'vega-lite';
import type { Family } from './names.js';

/** A page is read on white and on black, so every plot is made twice. */
export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface Inks {
  readonly text: string;
  readonly soft: string;
  readonly grid: string;
  readonly paper: string;
  readonly families: Readonly<Record<Family, string>>;
}

export const INKS: Readonly<Record<Theme, Inks>> = {
  light: {
    text: '#1f2328',
    soft: '#59636e',
    grid: '#d9dee3',
    paper: '#ffffff',
    families: { HRNet: '#2a78d6', 'U-Net': '#d95926', SegNet: '#12875f', DeepLab: '#7a4fc9', other: '#59636e' },
  },
  dark: {
    text: '#f0f6fc',
    soft: '#9198a1',
    grid: '#30363d',
    paper: '#0d1117',
    families: { HRNet: '#5b9bef', 'U-Net': '#f0803c', SegNet: '#35b585', DeepLab: '#b08cf0', other: '#9198a1' },
  },
};

export function configOf(theme: Theme): Config {
  const { text, soft, grid } = INKS[theme];
  const font = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';
  return {
    background: 'transparent',
    // The page's own alternative texts speak; descriptions of every mark would be most of the file.
    aria: false,
    font,
    view: { stroke: null },
    axis: {
      labelColor: soft,
      titleColor: text,
      titleFontWeight: 'normal',
      titleFontSize: 12,
      labelFontSize: 11,
      gridColor: grid,
      domainColor: grid,
      tickColor: grid,
    },
    legend: { labelColor: text, titleColor: soft, titleFontWeight: 'normal', labelFontSize: 12, symbolFillColor: soft },
    title: { color: text, fontWeight: 'normal', fontSize: 13, anchor: 'start' },
    text: { color: text, font },
  };
}
