import type { StreamView } from '../../../delivery/http/api-schema.js';
import { closeDialog } from '../../state/dialogs.js';
import { drop } from '../../state/live-streams.js';
import { notify } from '../../state/notices.js';
import { gridLink, navigate } from '../../state/router.js';
import { removeStream } from '../../state/streams.js';
import { ConfirmRemoval } from '../confirm-removal.js';

export function RemoveDialog({ stream }: { readonly stream: StreamView }) {
  const remove = async () => {
    await removeStream(stream.id);
    drop(stream.id);
    notify('good', `${stream.name} is removed.`);
    closeDialog();
    navigate(gridLink);
  };
  return (
    <ConfirmRemoval verb="Remove" name={stream.name} refused="Not removed" remove={remove}>
      <p>
        The stream stops for everybody who watches, and its address and password are forgotten.
        {!stream.persistent && ' It comes from the configuration and is back after a restart.'}
      </p>
      <code class="address">{stream.source}</code>
    </ConfirmRemoval>
  );
}
