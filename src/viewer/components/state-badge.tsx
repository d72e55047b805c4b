import type { ViewState } from '../lib/view-state.js';

/** State by colour, shape and word together. */
export function StateBadge({ view }: { readonly view: ViewState }) {
  return (
    <span class="badge" data-tone={view.tone} data-state={view.key}>
      <span class="lamp" aria-hidden="true" />
      {view.label}
    </span>
  );
}
