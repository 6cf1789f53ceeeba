/** The people in a place. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useRef } from 'preact/hooks';
import type { Place } from '../../state/state.js';
import { ClientMark } from '../client-mark.js';
import { useChat } from '../context.js';

/** The list of people in a place. In a narrow window it opens and closes like a drawer. */
export function People({ place, isOpen, close }: { place: Place; isOpen: boolean; close(): void }) {
  const { state, words, actions, name, isOff } = useChat();
  const cross = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isOpen) cross.current?.focus();
  }, [isOpen]);
  const isYou = (id: string): boolean => id === state.you?.id;
  const sorted = [...place.members].sort(
    (a, b) => Number(isYou(b.id)) - Number(isYou(a.id)) || name(a).localeCompare(name(b)),
  );
  const hidden = place.here - place.members.length;
  return (
    <>
      {isOpen && (
        // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: Escape and the cross do the same by keyboard.
        <div class="people-shade" onClick={close} />
      )}
      <aside
        id="people"
        class={`people ${isOpen ? 'people-open' : ''} ${isOff ? 'people-off' : ''}`}
        aria-label={words.people}
        onKeyDown={(event) => {
          if (isOpen && event.key === 'Escape') close();
        }}
      >
        <div class="people-head">
          <h2>{words.people}</h2>
          <span class="people-count">{isOff ? '–' : place.here.toLocaleString(state.settings.language)}</span>
          <button
            type="button"
            ref={cross}
            class="round round-small people-close"
            aria-label={words.close}
            onClick={close}
          >
            <Icon name="close" />
          </button>
        </div>
        <ul>
          {sorted.map((card) => (
            <li key={card.id} class={`person hue-${card.hue} ${state.muted[card.id] ? 'person-muted' : ''}`}>
              <span class="dot" aria-hidden="true" />
              {isYou(card.id) ? (
                <span class="person-name">
                  {name(card)} <span class="turn-you">{words.you}</span>
                </span>
              ) : (
                <button
                  type="button"
                  class="person-name"
                  aria-label={words.options(name(card))}
                  onClick={() => actions.dialog({ type: 'person', card, place: place.id })}
                >
                  {name(card)}
                  <Icon name="more" />
                </button>
              )}
              <ClientMark client={card.client} words={words} />
            </li>
          ))}
        </ul>
        {hidden > 0 && <p class="people-more">{words.andMore(hidden)}</p>}
        <p class="people-foot">
          <button type="button" class="link" onClick={() => actions.dialog({ type: 'clients' })}>
            {words.clientsTitle}
          </button>
        </p>
      </aside>
    </>
  );
}
