import { closeDialog } from '../state/dialogs.js';
import { SHORTCUTS } from '../state/shortcuts.js';
import { Modal } from './stream/controls.js';

const GROUPS = ['Picture', 'Mask', 'Everywhere'] as const;

export function HelpDialog() {
  return (
    <Modal title="Keyboard shortcuts" onClose={closeDialog} wide>
      <div class="keys">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {SHORTCUTS.filter((shortcut) => shortcut.group === group).map(({ keys, shown, does }) => (
                <div key={does}>
                  <dt>
                    <kbd>{shown ?? keys[0]?.toUpperCase()}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="hint">
        Hover or tap the picture to read class and confidence. With the picture in focus, the arrow keys move a
        crosshair instead.
      </p>
    </Modal>
  );
}
