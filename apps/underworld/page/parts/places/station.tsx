/** A station: the map beside it where there is room, the conversation, and who is here. */

import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { stationAbout, stationName } from '../../../shared/naming.js';
import type { Station } from '../../../shared/protocol.js';
import type { Place } from '../../state/state.js';
import { Back } from '../back.js';
import { useChat } from '../context.js';
import { LineMap } from '../map/map.js';
import { Talk } from '../talk/talk.js';
import { People } from './people.js';

/** The screen of a station. */
export function StationScreen({ id }: { id: string }) {
  const { state, words, session } = useChat();
  const [isListOpen, setListOpen] = useState(false);
  const toggle = useRef<HTMLButtonElement>(null);
  const station = state.stations.find((each) => each.id === id);
  const place: Place | undefined = state.places[id];
  const isThere = station !== undefined && place !== undefined;
  const language = state.settings.language;
  const name = station ? stationName(station, language) : '';
  useEffect(() => {
    void session.enter(id, false);
  }, [id]);
  useEffect(() => {
    setListOpen(false);
  }, [id]);
  const heading = useArrival(isThere ? id : undefined);
  if (!station || !place) {
    return (
      <main id="main" class="screen" tabIndex={-1}>
        <p class="log-note">
          {state.link === 'offline' ? `${words.linkOffline}. ${words.tryingNote}` : words.entering}
        </p>
      </main>
    );
  }
  return (
    <div class={`platform hue-${station.hue}`}>
      <div class="platform-map">
        <LineMap />
      </div>
      <main id="main" class="screen" tabIndex={-1}>
        <StationHead
          station={station}
          here={place.here}
          heading={heading}
          toggle={toggle}
          isListOpen={isListOpen}
          setListOpen={setListOpen}
        />
        <Talk place={place} label={words.log(name)} writeLabel={words.writeTo(name)} />
      </main>
      <People
        place={place}
        isOpen={isListOpen}
        close={() => {
          setListOpen(false);
          toggle.current?.focus();
        }}
      />
    </div>
  );
}

interface HeadParts {
  readonly station: Station;
  readonly here: number;
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly toggle: RefObject<HTMLButtonElement | null>;
  readonly isListOpen: boolean;
  setListOpen(isOpen: boolean): void;
}

function StationHead({ station, here, heading, toggle, isListOpen, setListOpen }: HeadParts) {
  const { state, words, actions, isOff } = useChat();
  const { language } = state.settings;
  const name = stationName(station, language);
  return (
    <header class="place-head">
      <Back isNarrowOnly />
      <span class="place-dot" aria-hidden="true" />
      <div class="place-title">
        <h1 ref={heading} tabIndex={-1}>
          {name}
        </h1>
        <p>{stationAbout(station, language) || words.makeNote}</p>
      </div>
      <button
        type="button"
        ref={toggle}
        class="pill people-toggle"
        aria-expanded={isListOpen}
        aria-controls="people"
        onClick={() => setListOpen(!isListOpen)}
      >
        <Icon name="people" />
        <span class="visually-hidden">{words.people}: </span>
        {isOff ? '–' : here.toLocaleString(language)}
      </button>
      <button
        type="button"
        class="pill"
        aria-label={words.leaveStation(name)}
        onClick={() => actions.leave(station.id)}
      >
        <Icon name="leave" />
        <span class="pill-text">{words.leave}</span>
      </button>
    </header>
  );
}
