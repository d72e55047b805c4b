import type { ComponentChildren } from 'preact';

/** Line icons on a 20-pixel grid; `currentColor`, hidden from screen readers: the control around them has the name. */

function icon(children: ComponentChildren) {
  return function Icon({ size = 20 }: { readonly size?: number }) {
    return (
      <svg
        class="icon"
        width={size}
        height={size}
        viewBox="0 0 20 20"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
        aria-hidden="true"
      >
        {children}
      </svg>
    );
  };
}

/** The mark: a filled arch and its outlined twin, as a mask and the contour it casts on the next frame. */
export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" class="mark">
      <path d="M2 20V10.5a5 5 0 0 1 10 0V20z" fill="currentColor" />
      <path
        d="M12 20V10.5a5 5 0 0 1 10 0V20"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linejoin="round"
        transform="translate(-0.99 0)"
      />
    </svg>
  );
}

export const Pause = icon(<path d="M7 4.5v11M13 4.5v11" />);
export const Play = icon(<path d="M6.5 4.3v11.4l9-5.7z" />);
export const Stop = icon(<rect x="5" y="5" width="10" height="10" rx="1.5" />);
export const Camera = icon(
  <>
    <path d="M3 7h3l1.4-2h5.2L14 7h3v9H3z" />
    <circle cx="10" cy="11.2" r="2.6" />
  </>,
);
export const Expand = icon(<path d="M3.5 8V3.5H8M12 3.5h4.5V8M16.5 12v4.5H12M8 16.5H3.5V12" />);
export const Shrink = icon(<path d="M8 3.5V8H3.5M16.5 8H12V3.5M12 16.5V12h4.5M3.5 12H8v4.5" />);
export const Gauge = icon(
  <>
    <path d="M3.6 14.5a7 7 0 1 1 12.8 0" />
    <path d="M10 11.5l3-4" />
  </>,
);
export const Stack = icon(<path d="M10 3.5l7 3.6-7 3.6-7-3.6zM3 10.4l7 3.6 7-3.6M3 13.7l7 3.6 7-3.6" />);
export const Plus = icon(<path d="M10 4v12M4 10h12" />);
export const Sun = icon(
  <>
    <circle cx="10" cy="10" r="3.2" />
    <path d="M10 2.5v1.6M10 15.9v1.6M2.5 10h1.6M15.9 10h1.6M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M15.3 4.7l-1.1 1.1M5.8 14.2l-1.1 1.1" />
  </>,
);
export const Moon = icon(<path d="M16 11.8A6.6 6.6 0 0 1 8.2 4a6.6 6.6 0 1 0 7.8 7.8z" />);
export const Display = icon(
  <>
    <rect x="3" y="4" width="14" height="9.5" rx="1.5" />
    <path d="M7.5 16.5h5" />
  </>,
);
export const Question = icon(
  <>
    <path d="M7.2 7.3a2.8 2.8 0 1 1 4.1 2.5c-.9.5-1.3 1-1.3 2" />
    <path d="M10 15h.01" />
  </>,
);
export const Eye = icon(
  <>
    <path d="M2.5 10S5.3 5 10 5s7.5 5 7.5 5-2.8 5-7.5 5-7.5-5-7.5-5z" />
    <circle cx="10" cy="10" r="2.2" />
  </>,
);
export const EyeOff = icon(
  <path d="M4 4l12 12M8.2 5.2A7 7 0 0 1 10 5c4.7 0 7.5 5 7.5 5a13 13 0 0 1-2.3 2.8M5.3 6.7A12.5 12.5 0 0 0 2.5 10S5.3 15 10 15a7.5 7.5 0 0 0 3.2-.7" />,
);
export const Dots = icon(<path d="M4.5 10h.01M10 10h.01M15.5 10h.01" stroke-width="2.6" />);
export const Pencil = icon(<path d="M4 16l.7-3.2L13 4.5l2.5 2.5-8.3 8.3zM11.5 6l2.5 2.5" />);
export const Trash = icon(<path d="M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4.5M11.5 9v4.5" />);
export const Overlay = icon(
  <>
    <rect x="3" y="4.5" width="14" height="11" rx="1.5" />
    <path d="M5.5 15.5c0-4 2-6.5 4.5-6.5s4.5 2.5 4.5 6.5z" fill="currentColor" stroke="none" />
  </>,
);
export const Wipe = icon(
  <>
    <rect x="3" y="4.5" width="14" height="11" rx="1.5" />
    <path d="M10 2.5v15" />
    <path
      d="M10 4.5h5.5A1.5 1.5 0 0 1 17 6v8a1.5 1.5 0 0 1-1.5 1.5H10z"
      fill="currentColor"
      stroke="none"
      opacity=".55"
    />
  </>,
);
export const Side = icon(
  <>
    <rect x="2.5" y="5.5" width="6.5" height="9" rx="1.2" />
    <rect x="11" y="5.5" width="6.5" height="9" rx="1.2" fill="currentColor" fill-opacity=".55" />
  </>,
);
export const Fill = icon(
  <path d="M4.5 16V9.5a5.5 5.5 0 0 1 11 0V16z" fill="currentColor" fill-opacity=".6" stroke="none" />,
);
export const Outline = icon(<path d="M4.5 16V9.5a5.5 5.5 0 0 1 11 0V16z" />);
export const Heat = icon(
  <>
    <path d="M3.5 14.5l3.5-4 3 2.5 6.5-8" />
    <path d="M12.5 5h4v4" />
  </>,
);
export const Motion = icon(
  <>
    <path d="M3 6.5h8.5M9 4l2.5 2.5L9 9" />
    <path d="M6.5 14h10M14 11.5l2.5 2.5-2.5 2.5" />
  </>,
);
export const Hold = icon(
  <>
    <path d="M5 3.5h10M5 16.5h10" />
    <path d="M6.5 3.5c0 4 7 4.5 7 6.5s-7 2.5-7 6.5M13.5 3.5c0 4-7 4.5-7 6.5s7 2.5 7 6.5" />
  </>,
);
export const Close = icon(<path d="M5 5l10 10M15 5L5 15" />);
export const Alert = icon(
  <>
    <path d="M10 3.5l7.5 13h-15z" />
    <path d="M10 8.5v3.5M10 14.3h.01" />
  </>,
);
export const Check = icon(<path d="M4 10.5l4 4 8-9" />);
export const Leave = icon(<path d="M8 4H4v12h4M12.5 6.5L16 10l-3.5 3.5M16 10H8" />);
export const Upload = icon(<path d="M10 13V4M6 7.5L10 3.5l4 4M3.5 13v3.5h13V13" />);
export const Download = icon(<path d="M10 3.5v9M6 9l4 4 4-4M3.5 13.5v3h13v-3" />);
export const Film = icon(
  <>
    <rect x="3" y="4" width="14" height="12" rx="1.5" />
    <path d="M6.5 4v12M13.5 4v12M3 8h3.5M3 12h3.5M13.5 8H17M13.5 12H17" />
  </>,
);
export const Folder = icon(
  <path d="M3 5.5A1.5 1.5 0 0 1 4.5 4h3.2l1.8 2h6A1.5 1.5 0 0 1 17 7.5v7a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5z" />,
);
export const Again = icon(<path d="M15.5 6.5A6.5 6.5 0 1 0 16.5 11M15.8 3v3.8H12" />);
export const FramePrevious = icon(<path d="M13.5 5v10L7 10zM5 5v10" />);
export const FrameNext = icon(<path d="M6.5 5v10l6.5-5zM15 5v10" />);
export const Sound = icon(<path d="M3.5 8v4H6l4 3.5v-11L6 8zM13 7.5a3.5 3.5 0 0 1 0 5M15 5.5a6.5 6.5 0 0 1 0 9" />);
export const SoundOff = icon(<path d="M3.5 8v4H6l4 3.5v-11L6 8zM13 8l4 4M17 8l-4 4" />);
export const Arrow = icon(<path d="M5.5 8l4.5 4.5L14.5 8" />);
