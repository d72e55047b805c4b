import { useRef } from 'preact/hooks';
import type { StreamView } from '../../../delivery/http/api-schema.js';
import { formatRate, shortSource } from '../../lib/format.js';
import { hiddenClasses } from '../../state/preferences.js';
import { streamLink } from '../../state/router.js';
import { mayControl } from '../../state/session.js';
import { lookOf, useLiveStream, useOnScreen, useScreen, useStateAnnouncement } from '../hooks.js';
import { StateBadge } from '../state-badge.js';
import { Spectrum } from '../stream/spectrum.js';
import { StreamMenu } from '../stream/stream-menu.js';
import { Veil } from '../stream/veil.js';

/** One stream of the grid, live. */
export function Tile({ stream: listed }: { readonly stream: StreamView }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const stream = useLiveStream(listed.id);
  const visible = useOnScreen(box);
  useScreen(stream, visible, canvas, box, (shown) => lookOf(shown, 'overlay', 0));

  useStateAnnouncement(stream, listed.name);
  const hello = stream?.hello.value;
  const painted = stream?.painted.value;
  const view = stream?.view.value;
  const classes = hello?.model.classes ?? [];
  return (
    <li class="tile" data-stream={listed.id}>
      <a href={streamLink(listed.id)} class="tile-link" aria-label={`${listed.name}, ${view?.label ?? 'connecting'}`}>
        <div class="tile-picture" ref={box} data-stale={view?.stale ?? true}>
          <canvas ref={canvas} />
          {stream && <Veil stream={stream} compact />}
          {view && (
            <div class="tile-badge">
              <StateBadge view={view} />
            </div>
          )}
        </div>
        <Spectrum
          classes={classes}
          shares={view?.stale ? undefined : painted?.shares}
          hidden={hiddenClasses(hello?.model.name ?? '', classes)}
        />
      </a>
      <div class="tile-foot">
        <div class="tile-name">
          <span>{listed.name}</span>
          <small title={listed.source}>{shortSource(listed.source)}</small>
        </div>
        {view?.tone === 'live' && painted && (
          <span class="tile-rate">
            {formatRate(stream?.statistics.value?.statistics.sourceFps ?? painted.fps)} <small>fps</small>
          </span>
        )}
        {mayControl.value && <StreamMenu stream={listed} />}
      </div>
    </li>
  );
}
