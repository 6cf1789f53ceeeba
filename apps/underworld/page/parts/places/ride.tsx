/** The line: waiting on the platform, the ride with a stranger, and its end. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useRef } from 'preact/hooks';
import type { Card } from '../../../shared/protocol.js';
import { overText } from '../../connection/session.js';
import type { RideState } from '../../state/state.js';
import { Back } from '../back.js';
import { ClientMark } from '../client-mark.js';
import { useChat } from '../context.js';
import { Talk } from '../talk/talk.js';

/** The screen of the line. */
export function RideScreen() {
  const { state, words, actions, isOff } = useChat();
  const { ride } = state;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [ride.type]);
  if (ride.type === 'idle' || ride.type === 'waiting') {
    const isWaiting = ride.type === 'waiting';
    return (
      <main id="main" class={`screen tunnel tunnel-${ride.type}`} tabIndex={-1}>
        <Tunnel />
        <div class="waiting">
          <h1 ref={heading} tabIndex={-1}>
            {isWaiting ? words.waitTitle : words.line}
          </h1>
          <p>{isOff ? `${words.linkOffline}. ${words.tryingNote}` : isWaiting ? words.waitNote : words.boardNote}</p>
          {isWaiting ? (
            <button type="button" class="secondary" onClick={() => actions.stepBack()}>
              {words.waitCancel}
            </button>
          ) : (
            <button type="button" class="primary" onClick={() => actions.board()}>
              <Icon name="ride" />
              {words.board}
            </button>
          )}
          <a class="quiet" href="#/">
            {words.toMap}
          </a>
        </div>
      </main>
    );
  }
  return <Seated ride={ride} />;
}

function Seated({ ride }: { ride: Extract<RideState, { type: 'riding' | 'over' }> }) {
  const { state, words, actions, name } = useChat();
  const heading = useRef<HTMLHeadingElement>(null);
  const place = state.places[ride.id];
  const { partner } = ride;
  const isOver = ride.type === 'over';
  const isLost = ride.type === 'riding' && ride.isPartnerLost;
  useEffect(() => {
    if (isOver) return;
    // The first words to a stranger go into the field. On a touch screen it would open a keyboard over the companion.
    const field = matchMedia('(pointer: coarse)').matches
      ? null
      : document.querySelector<HTMLElement>('#write:enabled');
    (field ?? heading.current)?.focus();
  }, [ride.id]);
  return (
    <main id="main" class={`screen tunnel tunnel-${isOver ? 'over' : isLost ? 'lost' : 'riding'}`} tabIndex={-1}>
      <header class="place-head ride-head">
        <Back />
        <Pair you={state.you} partner={partner} />
        <div class="place-title">
          <h1 ref={heading} tabIndex={-1}>
            <span class="visually-hidden">{words.rideWith(name(partner))}</span>
            <span aria-hidden="true">{name(partner)}</span> <ClientMark client={partner.client} words={words} />
          </h1>
          <p>{words.rideNote}</p>
        </div>
        {!isOver && (
          <div class="ride-actions">
            <button
              type="button"
              class="pill"
              aria-label={words.options(name(partner))}
              onClick={() => actions.dialog({ type: 'person', card: partner, place: ride.id })}
            >
              <Icon name="more" />
            </button>
            <button type="button" class="pill" onClick={() => actions.board()}>
              <Icon name="next" />
              <span class="pill-text">{words.next}</span>
            </button>
            <button type="button" class="pill pill-end" onClick={() => actions.hangUp()}>
              <Icon name="leave" />
              <span class="pill-text">{words.hangUp}</span>
            </button>
          </div>
        )}
      </header>
      <Tunnel />
      {isLost && <p class="ride-note">{words.rideLost(name(partner))}</p>}
      {place && <Talk place={place} label={words.logRide} writeLabel={words.writeTo(name(partner))} isOver={isOver} />}
      {ride.type === 'over' && <Over ride={ride} />}
    </main>
  );
}

function Over({ ride }: { ride: Extract<RideState, { type: 'over' }> }) {
  const { words, actions, name } = useChat();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [ride.id]);
  return (
    <section class="over" aria-labelledby="over-title">
      <div class="doors" aria-hidden="true">
        <i />
        <i />
      </div>
      <h2 id="over-title" ref={title} tabIndex={-1}>
        {overText(words, ride.why, name(ride.partner))}
      </h2>
      <p>{words.overTook(ride.tookMs)}</p>
      <div class="row">
        <button type="button" class="primary" onClick={() => actions.board()}>
          <Icon name="ride" />
          {words.again}
        </button>
        <button type="button" class="secondary" onClick={() => actions.leaveRide()}>
          {words.toMap}
        </button>
        {ride.why !== 'reported' && (
          <button
            type="button"
            class="quiet"
            onClick={() => actions.dialog({ type: 'person', card: ride.partner, place: ride.id })}
          >
            {words.report}
          </button>
        )}
      </div>
    </section>
  );
}

/** The colours of the two riders, side by side. */
function Pair({ you, partner }: { you: Card | undefined; partner: Card }) {
  return (
    <span class="pair" aria-hidden="true">
      <span class={`dot hue-${partner.hue}`} />
      <span class={`dot hue-${you?.hue ?? 0}`} />
    </span>
  );
}

/** The windows of the carriage, and the lights of the tunnel outside. */
function Tunnel() {
  return (
    <div class="window" aria-hidden="true">
      {PANES.map((pane) => (
        <span class="pane" key={pane} style={{ '--pane': pane }}>
          <i class="pane-far" />
          <i class="pane-near" />
        </span>
      ))}
    </div>
  );
}

const PANES = [0, 1, 2, 3, 4, 5];
