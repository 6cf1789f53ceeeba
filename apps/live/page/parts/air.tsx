/** The screen of a broadcaster: the own picture, the link, the figures, and the chat. */

import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useRef } from 'preact/hooks';
import { closingText } from '../connection/airing.js';
import { keyOfTab } from '../connection/tab.js';
import { isRunning, type OwnAir } from '../state/state.js';
import { useLive } from './context.js';
import { Figures } from './figures.js';
import { Hearts } from './hearts.js';
import { StartButtons } from './map.js';
import { Share } from './share.js';
import { Talk } from './talk.js';
import { Title } from './title.js';

/** The screen. */
export function AirScreen() {
  const { state, words } = useLive();
  const { air } = state;
  const heading = useArrival('air');
  return (
    <main id="main" class="screen watch" tabIndex={-1}>
      <header class="place-head">
        <a class="round back" href="#/" aria-label={words.back}>
          <Icon name="back" />
        </a>
        <div class="place-title">
          <h1 ref={heading} tabIndex={-1}>
            {words.airTitle}
          </h1>
          <p role="status">{air ? statusText(words, air) : words.airNone}</p>
        </div>
      </header>
      {isRunning(air) ? (
        <>
          <div class="watch-main">
            <Preview air={air} />
            <Switches air={air} />
            {air.id !== '' && <Title id={air.id} secret={keyOfTab()} isDark={air.isCameraOff} />}
            {air.id !== '' && <Share id={air.id} />}
            <Figures air={air} />
          </div>
          <Talk id={air.id} isOpen={air.status === 'on'} />
        </>
      ) : (
        <div class="watch-main air-start">
          {air && <Summary air={air} />}
          <StartButtons />
        </div>
      )}
    </main>
  );
}

function Preview({ air }: { air: OwnAir }) {
  const { words, airing } = useLive();
  const video = useRef<HTMLVideoElement>(null);
  const { stream } = airing;
  useEffect(() => {
    if (video.current && video.current.srcObject !== (stream ?? null)) video.current.srcObject = stream ?? null;
  }, [stream, air.status]);
  return (
    <div class="picture picture-on desk-picture">
      <video
        ref={video}
        class={air.kind === 'camera' ? 'mirrored' : ''}
        muted
        autoplay
        playsInline
        aria-label={words.ownPicture}
      />
      {air.id !== '' && <Hearts id={air.id} />}
      {air.isCameraOff && <p class="curtain">{words.cameraIsOff}</p>}
    </div>
  );
}

/** How long a broadcast was, and how many people watched. */
export function Summary({ air: { lastedMs, watched = 0 } }: { air: OwnAir }) {
  const { words } = useLive();
  if (lastedMs === undefined) return null;
  return <p class="lead summary">{words.summary(lastedMs, watched)}</p>;
}

function Switches({ air }: { air: OwnAir }) {
  const { words, airing } = useLive();
  const { isCameraOff, isSilent } = air;
  return (
    <div class="controls">
      <button
        type="button"
        class="pill"
        aria-pressed={!isCameraOff}
        onClick={() => airing.turn('picture', isCameraOff)}
      >
        <Icon name="camera" />
        <span class="pill-text">{isCameraOff ? words.pictureIsOff : words.pictureIsOn}</span>
      </button>
      <button type="button" class="pill" aria-pressed={!isSilent} onClick={() => airing.turn('sound', isSilent)}>
        <Icon name={isSilent ? 'silent' : 'microphone'} />
        <span class="pill-text">{isSilent ? words.microphoneIsOff : words.microphoneIsOn}</span>
      </button>
      <button type="button" class="danger stop" onClick={() => void airing.stop()}>
        {words.stop}
      </button>
    </div>
  );
}

function statusText(words: ReturnType<typeof useLive>['words'], { status, why, isSlow }: OwnAir): string {
  if (status === 'refused') return closingText(words, why ?? 'bytes');
  return status === 'on' && isSlow ? words.airSlow : words.airStates[status];
}
