/** The screen of a viewer: the picture, its controls, and the chat. */

import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { OnAir } from '../../shared/protocol.js';
import { isTold, Viewing } from '../connection/viewing.js';
import type { State, Watching } from '../state/state.js';
import { useLive } from './context.js';
import { AWAKE_MS, Controls } from './controls.js';
import { HeartButton, Hearts } from './hearts.js';
import { Talk } from './talk.js';

/** The screen. */
export function WatchScreen({ id, at }: { id: string; at?: number | undefined }) {
  const { state, words, session, name } = useLive();
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [viewing, setViewing] = useState<Viewing>();
  const heading = useArrival(`watch ${id}`);
  const [isAwake, wake] = useAwake();
  // Before the page is painted, because the first picture has to come soon.
  useLayoutEffect(() => {
    if (!canvas.current) return undefined;
    const made = new Viewing(session, id, canvas.current, at);
    setViewing(made);
    return () => made.close();
  }, [id]);
  const watching = state.watching?.id === id ? state.watching : undefined;
  // The title stays after the end.
  const seen = useRef<OnAir | undefined>(undefined);
  seen.current = state.onAir.find((each) => each.id === id) ?? seen.current;
  const broadcast = seen.current?.id === id ? seen.current : watching?.broadcast;
  const who = broadcast ? name(broadcast.card) : words.watchTitle;
  const isIn = watching?.status === 'on' || watching?.status === 'entering';
  const isOver = watching?.status === 'over' || watching?.status === 'gone' || watching?.status === 'kicked';
  return (
    <main id="main" class="screen watch" tabIndex={-1}>
      <header class="place-head">
        <a class="round back" href="#/" aria-label={words.back}>
          <Icon name="back" />
        </a>
        <div class="place-title">
          <h1 ref={heading} tabIndex={-1}>
            {broadcast?.title || who}
          </h1>
          <p>{broadcast ? <Below broadcast={broadcast} watching={isIn ? watching : undefined} /> : '\u00a0'}</p>
        </div>
        {broadcast && broadcast.card.id !== state.you?.id && <More broadcast={broadcast} />}
      </header>
      <div class="watch-main">
        <div
          class={`picture night ${watching?.hasPicture ? 'picture-on' : ''} ${isAwake || watching?.isPaused ? 'picture-awake' : ''}`}
          ref={frame}
          onPointerMove={wake}
          onPointerDown={wake}
        >
          {/* The canvas is the picture of a broadcast, which has no text of its own. */}
          <canvas ref={canvas} role="img" aria-label={words.pictureOf(who)} width={640} height={360} />
          {isIn && <Hearts id={id} />}
          {watching && <Curtain watching={watching} broadcast={broadcast} />}
          {viewing && isIn && <Controls viewing={viewing} watching={watching} frame={frame} wake={wake} />}
          {viewing && watching && asksForSound(state, watching, broadcast) && (
            <button type="button" class="primary sound-ask" onClick={() => void viewing.turnSound(true)}>
              <Icon name="silent" />
              {words.soundOn}
            </button>
          )}
        </div>
        {viewing && watching && <Skipping viewing={viewing} watching={watching} />}
      </div>
      <Talk id={id} isOpen={watching?.status === 'on'} isOver={isOver} beside={isIn && <HeartButton id={id} />} />
    </main>
  );
}

/** Opens what can be done about the broadcaster. */
function More({ broadcast: { id, card } }: { broadcast: OnAir }) {
  const { words, session, name } = useLive();
  return (
    <button
      type="button"
      class="pill"
      aria-label={words.options(name(card))}
      onClick={() => session.dialog({ type: 'person', card, id })}
    >
      <Icon name="more" />
    </button>
  );
}

/** Whether the picture has been touched lately, and the function that says so. */
function useAwake(): readonly [isAwake: boolean, wake: () => void] {
  const [isAwake, setAwake] = useState(true);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = (): void => {
    setAwake(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAwake(false), AWAKE_MS);
  };
  useEffect(() => {
    wake();
    return () => clearTimeout(timer.current);
  }, []);
  return [isAwake, wake];
}

/** The line below the title: who, from what, for how many, and how late the picture is. */
function Below({ broadcast, watching }: { broadcast: OnAir; watching: Watching | undefined }) {
  const { words, name } = useLive();
  const { title, card, kind } = broadcast;
  const { viewers = broadcast.viewers, lines = 0, rewoundMs = 0, behindMs } = watching ?? {};
  const who = title ? `${name(card)} · ` : '';
  return (
    <>
      {`${who}${words.sources[kind]} · ${words.viewers(viewers)}`}
      {lines > 0 && <span class="figures"> · {words.figures(lines, rewoundMs > 0 ? rewoundMs : behindMs)}</span>}
    </>
  );
}

/** Whether the page asks to turn the sound on. Somebody who has chosen is not asked, and news come first. */
function asksForSound({ link }: State, watching: Watching, broadcast: OnAir | undefined): boolean {
  const { isSoundOn, hasChosenSound, lines, status } = watching;
  const isShown = lines > 0 && status === 'on' && link === 'online' && !broadcast?.isLost;
  return isShown && !isSoundOn && !hasChosenSound;
}

/** The text that covers the picture until the first one comes, and while it stands still. */
function Curtain({ watching, broadcast }: { watching: Watching; broadcast: OnAir | undefined }) {
  const { state, words } = useLive();
  const { id, status, ending, hasPicture, lines } = watching;
  const { isLost = false, isDark = false } = broadcast ?? {};
  if (status === 'over') return <Ended id={id} text={words.endings[ending ?? 'stopped']} />;
  if (status === 'unable') return <p class="curtain">{words.unableToWatch}</p>;
  if (status === 'gone' || status === 'kicked') return <Ended id={id} text={words.watchProblems[status]} />;
  if (status !== 'on' && status !== 'entering') return <p class="curtain">{words.watchProblems[status]}</p>;
  if (state.link === 'offline' || state.link === 'full') return <p class="curtain curtain-thin">{words.offlineNote}</p>;
  if (isLost) return <p class="curtain curtain-thin">{words.broadcasterLost}</p>;
  if (isDark && watching.rewoundMs === 0) return <p class="curtain">{words.pictureIsDark}</p>;
  // Over a still, the text comes only if the first picture is late.
  return lines > 0 ? null : <p class={`curtain ${hasPicture ? 'curtain-thin curtain-late' : ''}`}>{words.entering}</p>;
}

/** Says that there is nothing to see here any more, and leads to others. */
function Ended({ id, text }: { id: string; text: string }) {
  const { state, words, name } = useLive();
  const others = state.onAir.filter((each) => each.id !== id && !each.isLost).slice(-OTHERS);
  return (
    <div class="curtain ended">
      <p>{text}</p>
      <nav class="row" aria-label={words.otherTrains}>
        {others.map(({ id: other, title, card }) => (
          <a key={other} class="secondary" href={`#/watch/${other}`}>
            {title || name(card)}
          </a>
        ))}
        <a class="primary" href="#/">
          {words.allTrains}
        </a>
      </nav>
    </div>
  );
}

/** Says that pictures are left out, and offers the quality that the line carries. */
function Skipping({ viewing, watching }: { viewing: Viewing; watching: Watching }) {
  const { words } = useLive();
  if (!watching.isSkipping || watching.status !== 'on' || !isTold(watching)) return null;
  return (
    <div class="skipping">
      <p>{words.skipping}</p>
      {watching.wish === 'high' && (
        <button type="button" class="pill" onClick={() => void viewing.choose('auto')}>
          {words.chooseForMe}
        </button>
      )}
    </div>
  );
}

/** Broadcasts that the page offers after an end. */
const OTHERS = 2;
