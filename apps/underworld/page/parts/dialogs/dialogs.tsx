/** The dialogs: open a station, a person, oneself, the keyboard. */

import { Modal } from 'naru-apps-kit/page/dialog.js';
import { KeysDialog, PersonDialog, YouDialog } from 'naru-apps-kit/page/dialogs.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { countOf } from 'naru-apps-kit/shared/clean.js';
import { HUES } from 'naru-apps-kit/shared/words.js';
import { useState } from 'preact/hooks';
import { LIMITS } from '../../../shared/limits.js';
import type { Card } from '../../../shared/protocol.js';
import { useChat } from '../context.js';
import { ClientsDialog } from './clients-dialog.js';

/** The dialog that is open, if one is. */
export function Dialogs() {
  const { dialog } = useChat().state;
  if (!dialog) return null;
  if (dialog.type === 'make') return <MakeDialog />;
  if (dialog.type === 'keys') return <KeysDialog />;
  if (dialog.type === 'you') return <OwnDialog />;
  if (dialog.type === 'clients') return <ClientsDialog />;
  if (dialog.type === 'picture') {
    return (
      <Modal title={dialog.alt} kind="wide">
        <img class="whole" src={dialog.url} alt={dialog.alt} />
      </Modal>
    );
  }
  return <RiderDialog card={dialog.card} place={dialog.place} />;
}

function MakeDialog() {
  const { words, actions, isOff } = useChat();
  const [name, setName] = useState('');
  const [hue, setHue] = useState(() => Math.floor(Math.random() * HUES));
  const [problem, setProblem] = useState('');
  const length = countOf(name.trim());
  const isGood = length >= LIMITS.stationNameMin && length <= LIMITS.stationNameMax;
  const make = async (): Promise<void> => {
    if (!isGood) return setProblem(words.makeNameLength);
    if (isOff) return setProblem(words.tryingNote);
    const why = await actions.make(name, hue);
    if (why)
      setProblem(why === 'name' ? words.makeNameBad : why === 'full' ? words.makeFull : (words.problems[why] ?? ''));
  };
  return (
    <Modal title={words.make}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label class="field">
          <span>{words.makeName}</span>
          <input
            type="text"
            value={name}
            autofocus
            autocomplete="off"
            aria-describedby="make-hint"
            aria-invalid={problem !== ''}
            onInput={(event) => {
              setName(event.currentTarget.value);
              setProblem('');
            }}
          />
        </label>
        <p id="make-hint" class={problem ? 'hint hint-bad' : 'hint'} role={problem ? 'alert' : undefined}>
          {problem || `${words.makeHint}. ${words.makeNote}`}
        </p>
        <fieldset class="swatches">
          <legend>{words.makeHue}</legend>
          {words.hues.map((label, index) => (
            <label key={label} class={`swatch hue-${index}`} title={label}>
              <input type="radio" name="hue" value={index} checked={index === hue} onChange={() => setHue(index)} />
              <span class="dot" aria-hidden="true" />
              <span class="visually-hidden">{label}</span>
            </label>
          ))}
        </fieldset>
        <div class="row row-end">
          <button type="submit" class="primary" aria-disabled={isOff}>
            {words.makeDo}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** Another person, with their kind of client. */
function RiderDialog({ card, place }: { card: Card; place: string }) {
  const { state, words, actions, isOff } = useChat();
  return (
    <PersonDialog
      card={card}
      isHidden={state.muted[card.id] !== undefined}
      hide={(isMuted) => actions.mute(card, isMuted)}
      isOff={isOff}
      report={(reason) => void actions.report(card, place, reason)}
    >
      <p class="hint came">
        <Icon name={card.client} />
        {words.cameBy(words.clients[card.client][1])}
      </p>
    </PersonDialog>
  );
}

/** Oneself, with other names and other clients. */
function OwnDialog() {
  const { state, words, actions } = useChat();
  const rename = (
    <button type="button" class="secondary" disabled={state.link !== 'online'} onClick={() => void actions.rename()}>
      {words.rename}
    </button>
  );
  const clients = (
    <button type="button" class="link" onClick={() => actions.dialog({ type: 'clients' })}>
      {words.clientsTitle}
    </button>
  );
  return (
    <YouDialog
      people={{ hidden: state.muted, show: (card) => actions.mute(card, false) }}
      beside={rename}
      links={clients}
    >
      <div class="row row-split forget">
        <p>{words.forgetNote}</p>
        <button type="button" class="secondary" onClick={() => void actions.forget()}>
          {words.forget}
        </button>
      </div>
    </YouDialog>
  );
}
