import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Alert } from './icons.js';

/** The top of a page that lists things: what they are, how they are in a line, and why what is on screen may be old. */
export function ListHead(props: {
  readonly title: string;
  readonly summary: string | undefined;
  /** In sentences. */
  readonly trouble: string | undefined;
  readonly onRetry: () => void;
  /** What can be done with the whole list. */
  readonly children?: ComponentChildren;
}) {
  const { title, summary, trouble, onRetry } = props;
  useEffect(() => {
    document.title = `${title} – Maskcast`;
  }, [title]);
  return (
    <>
      <div class="page-head">
        <h1>{title}</h1>
        {summary && <p class="summary">{summary}</p>}
        {props.children}
      </div>
      {trouble && (
        <div class="banner" role="alert">
          <Alert />
          <span>{trouble}</span>
          <button type="button" class="button quiet" onClick={onRetry}>
            Try now
          </button>
        </div>
      )}
    </>
  );
}
