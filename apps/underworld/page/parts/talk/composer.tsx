/** The composer: a field for text, and pictures by button, paste or drop. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { cleanText, countOf, isBlank } from 'naru-apps-kit/shared/clean.js';
import type { TargetedKeyboardEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { LIMITS } from '../../../shared/limits.js';
import { refOf } from '../../../shared/refs.js';
import { type Drawn, type Laid, redraw } from '../../connection/pictures.js';
import { useChat } from '../context.js';
import { useNow } from '../now.js';
import { Answered } from './quote.js';

/** A dropped file, which the frame around the composer passes in. */
export interface Incoming {
  readonly file: File | undefined;
  taken(): void;
}

/** The composer of a place. */
export function Composer({ place, label, incoming }: { place: string; label: string; incoming: Incoming }) {
  const { state, words, actions, session } = useChat();
  const { drawn, alt, setAlt, take, discard, sent } = usePicture(place, incoming);
  const text = state.drafts[place] ?? '';
  const answered = state.answered[place];
  const over = countOf(text) - LIMITS.textMax;
  const now = useNow(Math.max(state.silencedUntil, state.slowUntil));
  const isSilenced = now < state.silencedUntil;
  // The server would refuse a text of invisible letters, so it cannot be sent.
  const isEmpty = isBlank(cleanText(text));
  const canSend = !isSilenced && over <= 0 && (drawn !== undefined || !isEmpty);
  const send = (): void => {
    if (!canSend) return;
    if (drawn) session.outbox.show(place, drawn, alt.trim());
    if (!isEmpty) session.outbox.say(place, text.trim(), answered && refOf(answered));
    if (!isEmpty) actions.answer(place);
    actions.typing(place, false);
    actions.draft(place, '');
    sent();
    document.getElementById('write')?.focus();
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (event.key === 'Escape' && answered) actions.answer(place);
    // While a syllable is being composed, Enter belongs to the input method. Older browsers report 229.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Obstacles now={now} />
      <Answered place={place} />
      {drawn && <Tray drawn={drawn} alt={alt} setAlt={setAlt} onKeyDown={onKeyDown} remove={discard} />}
      <div class="composer-row">
        <PictureButton isDisabled={isSilenced} take={take} />
        <Field place={place} label={label} over={over} isDisabled={isSilenced} onKeyDown={onKeyDown} take={take} />
        <button
          type="submit"
          class="round round-send"
          aria-label={words.send}
          title={words.send}
          aria-disabled={!canSend}
        >
          <Icon name="send" />
        </button>
      </div>
      {over > NEAR_LIMIT && (
        <p id="count" class={`count ${over > 0 ? 'count-over' : ''}`}>
          {over > 0 ? words.tooLong(over) : words.left(-over)}
        </p>
      )}
    </form>
  );
}

interface FieldParts {
  readonly place: string;
  readonly label: string;
  readonly over: number;
  readonly isDisabled: boolean;
  take(file: File | undefined): void;
  onKeyDown(event: TargetedKeyboardEvent<HTMLElement>): void;
}

/** The field for text. It grows with its text. */
function Field({ place, label, over, isDisabled, take, onKeyDown }: FieldParts) {
  const { state, words, actions } = useChat();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = state.drafts[place] ?? '';
  useLayoutEffect(() => {
    const node = field.current;
    // Measuring makes the browser lay out the whole talk again, at every letter.
    if (!node || FITS_ITSELF) return;
    node.style.height = 'auto';
    node.style.height = `${node.scrollHeight}px`;
  }, [text, place]);
  return (
    <textarea
      ref={field}
      id="write"
      rows={1}
      value={text}
      placeholder={words.write}
      aria-label={label}
      aria-describedby={over > NEAR_LIMIT ? 'count' : undefined}
      aria-invalid={over > 0}
      enterkeyhint="send"
      autocomplete="off"
      disabled={isDisabled}
      onInput={(event) => {
        const { value } = event.currentTarget;
        actions.draft(place, value);
        actions.typing(place, value.trim() !== '');
      }}
      onBlur={() => actions.typing(place, false)}
      onKeyDown={onKeyDown}
      onPaste={(event) => {
        const file = pictureIn(event.clipboardData);
        // A copied table or page has both text and a picture of it, and a copied file has its name.
        const words = event.clipboardData?.getData('text/plain').trim() ?? '';
        if (!file || (words !== '' && !words.includes(file.name))) return;
        event.preventDefault();
        take(file);
      }}
    />
  );
}

function PictureButton({ isDisabled, take }: { isDisabled: boolean; take(file: File | undefined): void }) {
  const { words } = useChat();
  const files = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={files}
        type="file"
        accept="image/*"
        class="visually-hidden"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class="round"
        aria-label={words.attach}
        title={words.attach}
        disabled={isDisabled}
        onClick={() => files.current?.click()}
      >
        <Icon name="picture" />
      </button>
    </>
  );
}

/** The picture that is ready in a place. Like a draft, it stays while you look at other places. */
function usePicture(place: string, incoming: Incoming) {
  const { words, session } = useChat();
  const { laid } = session;
  const [picture, setPicture] = useState(laid.get(place));
  const lay = (next: Laid | undefined): void => {
    laid.delete(place);
    if (next) laid.set(place, next);
    const [oldest] = laid;
    if (oldest && laid.size > LAID_MAX) laid.delete(oldest[0]);
    setPicture(next);
  };
  const drawn = picture?.drawn;
  const take = (file: File | undefined): void => {
    if (!file) return;
    void redraw(file).then((next) => {
      if (!next) return session.announce(words.problems.picture ?? '', true);
      if (drawn) URL.revokeObjectURL(drawn.url);
      lay({ drawn: next, alt: '' });
    });
  };
  useEffect(() => {
    if (!incoming.file) return;
    take(incoming.file);
    incoming.taken();
  }, [incoming.file]);
  const discard = (): void => {
    if (drawn) URL.revokeObjectURL(drawn.url);
    lay(undefined);
    // The pressed button is gone.
    document.getElementById('write')?.focus();
  };
  const setAlt = (alt: string): void => {
    if (drawn) lay({ drawn, alt });
  };
  return { drawn, alt: picture?.alt ?? '', setAlt, take, discard, sent: () => lay(undefined) };
}

/** The reason why you cannot write now, if there is one. */
function Obstacles({ now }: { now: number }) {
  const { state, words, isOff } = useChat();
  const slowMs = state.slowUntil - now;
  const silencedMs = state.silencedUntil - now;
  const text = silencedMs > 0 ? words.silenced(silencedMs) : slowMs > 0 ? words.slow(slowMs) : '';
  return (
    <>
      {text && (
        <p class="obstacle" role={silencedMs > 0 ? undefined : 'timer'}>
          {text}
        </p>
      )}
      {isOff && <p class="obstacle obstacle-off">{words.offlineNote}</p>}
    </>
  );
}

interface TrayParts {
  readonly drawn: Drawn;
  readonly alt: string;
  setAlt(alt: string): void;
  remove(): void;
  onKeyDown(event: TargetedKeyboardEvent<HTMLElement>): void;
}

function Tray({ drawn, alt, setAlt, remove, onKeyDown }: TrayParts) {
  const { words } = useChat();
  return (
    <div class="tray">
      <img src={drawn.url} alt={words.picture} />
      <div class="tray-text">
        <input
          type="text"
          value={alt}
          maxLength={LIMITS.pictureAltMax}
          placeholder={words.pictureAlt}
          aria-label={words.pictureAlt}
          onInput={(event) => setAlt(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <p>{words.pictureNote}</p>
      </div>
      <button
        type="button"
        class="round round-small"
        aria-label={words.pictureRemove}
        title={words.pictureRemove}
        onClick={remove}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

/**
 * The first picture among pasted or dropped files; without one the first file, so that a message can say it is not a
 * picture.
 */
export function pictureIn(data: DataTransfer | null): File | undefined {
  const files = [...(data?.files ?? [])];
  return files.find((file) => file.type.startsWith('image/')) ?? files[0];
}

/** Whether the browser grows a field by itself, as the style sheet asks. */
const FITS_ITSELF = globalThis.CSS?.supports('field-sizing', 'content') === true;
const LAID_MAX = LIMITS.stationsJoined + 1;
/** The number of characters before the limit from which the count is shown. */
const NEAR_LIMIT = -200;
