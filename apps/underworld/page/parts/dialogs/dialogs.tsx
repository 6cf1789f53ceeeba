/** The dialogs: open a station, a person, oneself, the keyboard. */

import { countOf } from 'naru-apps-kit/shared/clean.js';
import { REPORT_REASONS, type ReportReason } from 'naru-apps-kit/shared/protocol.js';
import { HUES } from 'naru-apps-kit/shared/words.js';
import { useState } from 'preact/hooks';
import { LIMITS } from '../../../shared/limits.js';
import type { Card } from '../../../shared/protocol.js';
import type { Settings } from '../../state/state.js';
import { useChat } from '../context.js';
import { Icon } from '../icons.js';
import { ClientsDialog } from './clients-dialog.js';
import { Modal } from './dialog.js';

/** The dialog that is open, if one is. */
export function Dialogs() {
  const { dialog } = useChat().state;
  if (!dialog) return null;
  if (dialog.type === 'make') return <MakeDialog />;
  if (dialog.type === 'keys') return <KeysDialog />;
  if (dialog.type === 'you') return <YouDialog />;
  if (dialog.type === 'clients') return <ClientsDialog />;
  if (dialog.type === 'picture') {
    return (
      <Modal title={dialog.alt} kind="wide">
        <img class="whole" src={dialog.url} alt={dialog.alt} />
      </Modal>
    );
  }
  return <PersonDialog card={dialog.card} place={dialog.place} />;
}

function MakeDialog() {
  const { words, actions } = useChat();
  const [name, setName] = useState('');
  const [hue, setHue] = useState(() => Math.floor(Math.random() * HUES));
  const [problem, setProblem] = useState('');
  const length = countOf(name.trim());
  const isGood = length >= LIMITS.stationNameMin && length <= LIMITS.stationNameMax;
  const make = async (): Promise<void> => {
    if (!isGood) return setProblem(words.makeNameLength);
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
          <button type="submit" class="primary">
            {words.makeDo}
          </button>
        </div>
      </form>
    </Modal>
  );
}

function PersonDialog({ card, place }: { card: Card; place: string }) {
  const { state, words, actions, name } = useChat();
  const [reason, setReason] = useState<ReportReason>('spam');
  const isMuted = state.muted[card.id] !== undefined;
  return (
    <Modal title={name(card)}>
      <p class="hint came">
        <Icon name={card.client} />
        {words.cameBy(words.clients[card.client][1])}
      </p>
      <div class="row row-split">
        <p>{words.muteNote}</p>
        <button
          type="button"
          class="secondary"
          aria-pressed={isMuted}
          onClick={() => {
            actions.mute(card, !isMuted);
            actions.dialog(undefined);
          }}
        >
          {isMuted ? words.unmute : words.mute}
        </button>
      </div>
      <form
        class="report"
        onSubmit={(event) => {
          event.preventDefault();
          void actions.report(card, place, reason);
        }}
      >
        <fieldset>
          <legend>{words.reportTitle}</legend>
          {REPORT_REASONS.map((each) => (
            <label key={each} class="choice">
              <input
                type="radio"
                name="reason"
                value={each}
                checked={reason === each}
                onChange={() => setReason(each)}
              />
              {words.reasons[each]}
            </label>
          ))}
        </fieldset>
        <p class="hint">{words.reportNote}</p>
        <div class="row row-end">
          <button type="submit" class="danger">
            {words.reportDo}
          </button>
        </div>
      </form>
    </Modal>
  );
}

function YouDialog() {
  const { state, words, actions, name } = useChat();
  const { you, settings } = state;
  const themes: readonly (readonly [Settings['theme'], string])[] = [
    ['auto', words.themeAuto],
    ['light', words.themeLight],
    ['dark', words.themeDark],
  ];
  return (
    <Modal title={words.youTitle}>
      <p class={`you-name hue-${you?.hue ?? 0}`}>
        <span class="dot" aria-hidden="true" />
        <span>{you ? name(you) : words.unnamed}</span>
        <button
          type="button"
          class="secondary"
          disabled={state.link !== 'online'}
          onClick={() => void actions.rename()}
        >
          {words.rename}
        </button>
      </p>
      <p class="hint">{words.youNote}</p>
      <Segments
        legend={words.theme}
        name="theme"
        choices={themes}
        chosen={settings.theme}
        choose={(theme) => actions.choose({ theme })}
      />
      <Segments
        legend={words.language}
        name="language"
        choices={LANGUAGES}
        chosen={settings.language}
        choose={(language) => actions.choose({ language })}
      />
      <MutedPeople />
      <div class="row row-split forget">
        <p>{words.forgetNote}</p>
        <button type="button" class="secondary" onClick={() => void actions.forget()}>
          {words.forget}
        </button>
      </div>
      <p class="dialog-links">
        <a href="#/kept">{words.kept}</a>
        <button type="button" class="link" onClick={() => actions.dialog({ type: 'keys' })}>
          {words.keys}
        </button>
        <button type="button" class="link" onClick={() => actions.dialog({ type: 'clients' })}>
          {words.clientsTitle}
        </button>
      </p>
    </Modal>
  );
}

interface SegmentsParts<T extends string> {
  readonly legend: string;
  readonly name: string;
  readonly choices: readonly (readonly [value: T, label: string])[];
  readonly chosen: T;
  choose(value: T): void;
}

/** A choice of one among a few. */
function Segments<T extends string>({ legend, name, choices, chosen, choose }: SegmentsParts<T>) {
  return (
    <fieldset class="segments">
      <legend>{legend}</legend>
      {choices.map(([value, label]) => (
        <label key={value} class="segment" lang={name === 'language' ? value : undefined}>
          <input type="radio" name={name} checked={value === chosen} onChange={() => choose(value)} />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

function MutedPeople() {
  const { state, words, actions, name } = useChat();
  const muted = Object.values(state.muted);
  if (muted.length === 0) return null;
  return (
    <section class="muted">
      <h3>{words.mutedPeople}</h3>
      <ul>
        {muted.map((card) => (
          <li key={card.id} class={`hue-${card.hue}`}>
            <span class="dot" aria-hidden="true" /> {name(card)}
            <button
              type="button"
              class="link"
              aria-label={`${words.unmute}: ${name(card)}`}
              onClick={() => actions.mute(card, false)}
            >
              {words.unmute}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function KeysDialog() {
  const { words } = useChat();
  return (
    <Modal title={words.keysTitle}>
      <dl class="keys">
        {words.keysList.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

const LANGUAGES = [
  ['ko', '한국어'],
  ['en', 'English'],
] as const;
