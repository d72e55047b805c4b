import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { formatBytes } from '../../lib/format.js';
import { Close, Upload } from '../icons.js';

/** Files of this device: dropped, or chosen in the system's dialog. */
export function FilePicker(props: {
  readonly files: readonly File[];
  readonly invalid: boolean;
  readonly onChange: (files: readonly File[]) => void;
}) {
  const { files, onChange } = props;
  const input = useRef<HTMLInputElement>(null);
  const over = useSignal(false);
  const add = (more: readonly File[]) => {
    const known = new Set(files.map(identity));
    onChange([...files, ...more.filter((file) => !known.has(identity(file)))]);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button inside does the same without a mouse */}
      <div
        class="dropzone"
        data-over={over.value}
        data-filled={files.length > 0}
        onDragOver={(event) => {
          if (!event.dataTransfer?.types.includes('Files')) return;
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          add([...(event.dataTransfer?.files ?? [])]);
        }}
      >
        <Upload size={22} />
        <p>
          Drop videos here or{' '}
          <button
            type="button"
            class="link"
            data-first
            aria-invalid={props.invalid}
            aria-describedby={props.invalid ? 'problem-input' : undefined}
            onClick={() => input.current?.click()}
          >
            {files.length > 0 ? 'choose more' : 'choose files'}
          </button>
        </p>
        <input
          ref={input}
          class="visually-hidden"
          type="file"
          multiple
          accept="video/*,.mkv,.mts,.m2ts,.ts,.mxf"
          tabIndex={-1}
          aria-label="Video files"
          onChange={(event) => {
            add([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {files.length > 0 && (
        <ul class="chosen" aria-label="Chosen files">
          {files.map((file) => (
            <li key={identity(file)}>
              <span>{file.name}</span>
              <small>{formatBytes(file.size)}</small>
              <button
                type="button"
                class="tool small"
                aria-label={`Leave out ${file.name}`}
                title="Leave out"
                onClick={() => onChange(files.filter((other) => other !== file))}
              >
                <Close size={16} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const identity = ({ name, size, lastModified }: File): string => `${name} ${size} ${lastModified}`;
