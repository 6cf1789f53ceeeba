/** The dialogs: a person, oneself, the keyboard. */

import { type Card, REPORT_REASONS, type ReportReason } from 'naru-apps-kit/shared/protocol.js';
import { useState } from 'preact/hooks';
import { keyOfTab, programKeyOfTab } from '../connection/tab.js';
import type { Settings } from '../state/state.js';
import { useLive } from './context.js';
import { Modal } from './dialog.js';

/** The dialog that is open, if one is. */
export function Dialogs() {
  const { dialog } = useLive().state;
  if (!dialog) return null;
  if (dialog.type === 'person') return <PersonDialog card={dialog.card} id={dialog.id} />;
  return dialog.type === 'you' ? <YouDialog /> : <KeysDialog />;
}

function PersonDialog({ card, id }: { card: Card; id: string }) {
  const { state, words, session, airing, name } = useLive();
  const [reason, setReason] = useState<ReportReason>('spam');
  const isHidden = card.id in state.hidden;
  const ownKey = state.air?.id === id ? keyOfTab() : state.program?.id === id ? programKeyOfTab() : undefined;
  return (
    <Modal title={name(card)}>
      {ownKey && (
        <div class="row row-split">
          <p>{words.kickNote}</p>
          <button type="button" class="danger" onClick={() => void airing.kick(ownKey, card.id)}>
            {words.kick}
          </button>
        </div>
      )}
      <div class="row row-split">
        <p>{words.muteNote}</p>
        <button
          type="button"
          class="secondary"
          aria-pressed={isHidden}
          onClick={() => {
            session.hide(card, !isHidden);
            session.dialog(undefined);
          }}
        >
          {isHidden ? words.unmute : words.mute}
        </button>
      </div>
      <form
        class="report"
        onSubmit={(event) => {
          event.preventDefault();
          void session.report(card, id, reason);
        }}
      >
        <Reasons chosen={reason} choose={setReason} />
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

/** The choice of a reason for a report. */
function Reasons({ chosen, choose }: { chosen: ReportReason; choose(reason: ReportReason): void }) {
  const { words } = useLive();
  return (
    <fieldset>
      <legend>{words.reportTitle}</legend>
      {REPORT_REASONS.map((each) => (
        <label key={each} class="choice">
          <input type="radio" name="reason" value={each} checked={chosen === each} onChange={() => choose(each)} />
          {words.reasons[each]}
        </label>
      ))}
    </fieldset>
  );
}

function YouDialog() {
  const { state, words, session, name } = useLive();
  const { you, settings } = state;
  const themes: readonly (readonly [Settings['theme'], string])[] = [
    ['auto', words.themeAuto],
    ['light', words.themeLight],
    ['dark', words.themeDark],
  ];
  const hidden = Object.values(state.hidden);
  return (
    <Modal title={words.youTitle}>
      <p class={`you-name hue-${you?.hue ?? 0}`}>
        <span class="dot" aria-hidden="true" />
        <span>{you ? name(you) : words.unnamed}</span>
      </p>
      <p class="hint">{words.youNote}</p>
      <Segments
        legend={words.theme}
        name="theme"
        choices={themes}
        chosen={settings.theme}
        choose={(theme) => session.choose({ theme })}
      />
      <Segments
        legend={words.language}
        name="language"
        choices={LANGUAGES}
        chosen={settings.language}
        choose={(language) => session.choose({ language })}
      />
      {hidden.length > 0 && (
        <section class="muted">
          <h3>{words.mutedPeople}</h3>
          <ul>
            {hidden.map((card) => (
              <li key={card.id} class={`hue-${card.hue}`}>
                <span class="dot" aria-hidden="true" /> {name(card)}
                <button
                  type="button"
                  class="link"
                  aria-label={`${words.unmute}: ${name(card)}`}
                  onClick={() => session.hide(card, false)}
                >
                  {words.unmute}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <p class="dialog-links">
        <a href="#/kept">{words.kept}</a>
        <button type="button" class="link" onClick={() => session.dialog({ type: 'keys' })}>
          {words.keysTitle}
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

function KeysDialog() {
  const { words } = useLive();
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
