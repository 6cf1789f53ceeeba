/** The first screen: go on air, and the list of those who are. */

import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useRef } from 'preact/hooks';
import type { SourceKind } from '../../shared/protocol.js';
import { isSecure } from '../media/sources.js';
import { ownElsewhere } from '../state/state.js';
import { useLive } from './context.js';
import { Train } from './train.js';

/** The screen. */
export function MapScreen() {
  const { state, words, name } = useLive();
  const { you, onAir } = state;
  const heading = useArrival('map');
  return (
    <main id="main" class="screen map" tabIndex={-1}>
      <div class="map-inner">
        <section class="welcome" aria-labelledby="hello">
          <h1 id="hello" ref={heading} tabIndex={-1}>
            {you ? words.hello(name(you)) : words.unnamed}
          </h1>
          <p class="lead">{words.helloNote}</p>
          <StartButtons />
        </section>
        <section aria-labelledby="on-air">
          <h2 id="on-air">{words.onAirTitle}</h2>
          {onAir.length === 0 ? (
            <p class="empty">
              <span>{words.onAirNone}</span>
            </p>
          ) : (
            <ul class="trains">
              {onAir.map((each) => (
                <Train key={each.id} broadcast={each} />
              ))}
            </ul>
          )}
        </section>
        <p class="foot">
          <a href="#/kept">{words.kept}</a>
          <a href="#/program">{words.programTitle}</a>
        </p>
      </div>
    </main>
  );
}

/** The buttons that put the page on air. */
export function StartButtons() {
  const { state, words, airing } = useLive();
  const own = ownElsewhere(state);
  const picker = useRef<HTMLInputElement>(null);
  const start = async (kind: SourceKind, file?: File): Promise<void> => {
    location.hash = '#/air';
    await airing.start(kind, file);
  };
  // Cameras and screens exist in secure contexts only. A file can be shown anywhere, but not encoded.
  const isOpen = isSecure();
  return (
    <>
      {own && (
        <p class="note" role="note">
          {own.isLost ? words.airWaits(state.graceMs) : words.airElsewhere}
        </p>
      )}
      <div class="row start">
        <button type="button" class="primary start-camera" disabled={!isOpen} onClick={() => void start('camera')}>
          <Icon name="camera" />
          {own?.isLost && own.kind === 'camera' ? words.goOnAgain : words.goOnAir}
        </button>
        <button type="button" class="secondary" disabled={!isOpen} onClick={() => void start('screen')}>
          <Icon name="screen" />
          {words.goScreen}
        </button>
        <button type="button" class="secondary" disabled={!isOpen} onClick={() => picker.current?.click()}>
          <Icon name="file" />
          {words.goFile}
        </button>
        <a class="secondary" href="#/program">
          <Icon name="program" />
          {words.goProgram}
        </a>
        <input
          ref={picker}
          class="visually-hidden"
          type="file"
          accept="video/*"
          tabIndex={-1}
          aria-hidden="true"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file) void start('file', file);
          }}
        />
      </div>
      {!isOpen && (
        <p class="note" role="note">
          {words.insecure}
        </p>
      )}
    </>
  );
}
