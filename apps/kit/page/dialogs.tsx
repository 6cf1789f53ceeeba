/** The dialogs that every page has: a person, oneself, the keyboard. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Card, REPORT_REASONS, type ReportReason } from '../shared/protocol.js';
import { type ReportPage, usePage } from './context.js';
import { Modal } from './dialog.js';
import type { Settings } from './state.js';

interface PersonParts {
  readonly card: Card;
  readonly isHidden: boolean;
  hide(isHidden: boolean): void;
  report(reason: ReportReason): void;
  /** Whether the signal is lost, so that a report cannot be sent. */
  readonly isOff?: boolean;
  /** The beginning of the dialog. */
  readonly children?: ComponentChildren;
}

/** The dialog about another person: hide what they say, or report them. */
export function PersonDialog({ card, isHidden, hide, report, isOff = false, children }: PersonParts) {
  const { words, actions, name } = usePage<ReportPage>();
  const [reason, setReason] = useState<ReportReason>('spam');
  return (
    <Modal title={name(card)}>
      {children}
      <div class="row row-split">
        <p>{words.muteNote}</p>
        <button
          type="button"
          class="secondary"
          aria-pressed={isHidden}
          onClick={() => {
            hide(!isHidden);
            actions.dialog(undefined);
          }}
        >
          {isHidden ? words.unmute : words.mute}
        </button>
      </div>
      <form
        class="report"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isOff) report(reason);
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
          <button type="submit" class="danger" aria-disabled={isOff}>
            {words.reportDo}
          </button>
        </div>
      </form>
    </Modal>
  );
}

interface HiddenParts<Person extends Card> {
  /** The people whom this tab hides, by their aliases. */
  readonly hidden: Readonly<Record<string, Person>>;
  /** Shows a hidden person again. */
  show(card: Person): void;
}

interface YouParts<Person extends Card> {
  /** The people whom this tab hides, on a page on which people can be hidden. */
  readonly people?: HiddenParts<Person>;
  /** A button beside the name. */
  readonly beside?: ComponentChildren;
  /** More links at the end. */
  readonly links?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The dialog about oneself: the name, the theme, the language, and the people one hid. */
export function YouDialog<Person extends Card>({ people, beside, links, children }: YouParts<Person>) {
  const { state, words, actions, name } = usePage();
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
        {beside}
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
      {people && <HiddenPeople hidden={people.hidden} show={people.show} />}
      {children}
      <p class="dialog-links">
        <a href="#/kept">{words.kept}</a>
        <button type="button" class="link" onClick={() => actions.dialog({ type: 'keys' })}>
          {words.keys}
        </button>
        {links}
      </p>
    </Modal>
  );
}

function HiddenPeople<Person extends Card>({ hidden, show }: HiddenParts<Person>) {
  const { words, name } = usePage<ReportPage>();
  const people = Object.values(hidden);
  if (people.length === 0) return null;
  return (
    <section class="muted">
      <h3>{words.mutedPeople}</h3>
      <ul>
        {people.map((card) => (
          <li key={card.id} class={`hue-${card.hue}`}>
            <span class="dot" aria-hidden="true" /> {name(card)}
            <button type="button" class="link" aria-label={`${words.unmute}: ${name(card)}`} onClick={() => show(card)}>
              {words.unmute}
            </button>
          </li>
        ))}
      </ul>
    </section>
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

/** The dialog with the keys of the page. */
export function KeysDialog() {
  const { words } = usePage();
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
