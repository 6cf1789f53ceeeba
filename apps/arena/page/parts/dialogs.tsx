/** The dialogs: oneself and the settings, and the keyboard. */
import { KeysDialog, YouDialog } from 'naru-apps-kit/page/dialogs.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useState } from 'preact/hooks';
import { useArena } from './context.js';

/** The dialog that is open, if one is. */
export function Dialogs() {
  const { dialog } = useArena().state;
  if (!dialog) return null;
  return dialog.type === 'keys' ? <KeysDialog /> : <OwnDialog />;
}

/** Oneself, with other names, the sound, and the link to the room. */
function OwnDialog() {
  const { state, words, session } = useArena();
  const { isSoundOn, link, place, seat } = state;
  const rename = (
    <button type="button" class="secondary" disabled={link !== 'online'} onClick={() => void session.rename()}>
      {words.rename}
    </button>
  );
  return (
    <YouDialog beside={rename}>
      <div class="row row-split">
        <p>{words.sound}</p>
        <button
          type="button"
          class="secondary sound"
          aria-pressed={isSoundOn}
          onClick={() => session.chooseSound(!isSoundOn)}
        >
          <Icon name={isSoundOn ? 'sound' : 'silent'} />
          {isSoundOn ? words.soundIsOn : words.soundIsOff}
        </button>
      </div>
      {place && seat === 'in' && <Invitation room={place.room} />}
    </YouDialog>
  );
}

/** The link with which friends come into the same room. */
function Invitation({ room }: { room: string }) {
  const { words } = useArena();
  const [isDone, setDone] = useState(false);
  const link = `${location.origin}/#/play/${room}`;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      setDone(true);
    } catch {
      // Without a secure context the browser refuses. The text can still be selected.
      setDone(false);
    }
  };
  return (
    <div class="invite">
      <p class="invite-label">{words.invite}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it. */}
      <code tabIndex={0}>{link}</code>
      <button type="button" class="pill" onClick={() => void copy()} aria-label={`${words.copy}: ${words.invite}`}>
        <Icon name="copy" />
        <span aria-live="polite">{isDone ? words.copied : words.copy}</span>
      </button>
    </div>
  );
}
