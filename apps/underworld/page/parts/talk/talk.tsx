/** A conversation with its typing marks and its composer; pictures can be dropped anywhere on it. */
import type { TargetedDragEvent } from 'preact';
import { useState } from 'preact/hooks';
import type { Place } from '../../state/state.js';
import { useChat } from '../context.js';
import { Composer, pictureIn } from './composer.js';
import { Log } from './log.js';

/** The conversation of a place. */
export function Talk({
  place,
  label,
  writeLabel,
  isOver,
}: {
  place: Place;
  label: string;
  writeLabel: string;
  isOver?: boolean;
}) {
  const { words } = useChat();
  const [file, setFile] = useState<File>();
  const [isDragged, setDragged] = useState(false);
  const onDragOver = (event: TargetedDragEvent<HTMLElement>): void => {
    if (isOver || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    setDragged(true);
  };
  const onDrop = (event: TargetedDragEvent<HTMLElement>): void => {
    setDragged(false);
    // Dragged text goes where it is dropped.
    if (isOver || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    setFile(pictureIn(event.dataTransfer));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one of three ways to add a picture; the button is the one for everybody.
    <div class="talk" onDragOver={onDragOver} onDragLeave={() => setDragged(false)} onDrop={onDrop}>
      <Log key={place.id} place={place} label={label} isOver={isOver === true} />
      {!isOver && <Typing place={place} />}
      {!isOver && (
        <Composer
          key={`write ${place.id}`}
          place={place.id}
          label={writeLabel}
          incoming={{ file, taken: () => setFile(undefined) }}
        />
      )}
      {isDragged && <div class="drop">{words.drop}</div>}
    </div>
  );
}

function Typing({ place }: { place: Place }) {
  const { state, words, name } = useChat();
  const names = place.typing
    .filter((id) => !state.muted[id] && id !== state.you?.id)
    .flatMap((id) => place.members.filter((member) => member.id === id))
    .map(name);
  return (
    <p class="typing">
      {names.length > 0 && (
        <>
          <span class="typing-marks" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {words.typing(names)}
        </>
      )}
    </p>
  );
}
