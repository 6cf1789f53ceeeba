/** The screen of a viewer: the picture, its controls, and the chat. */

import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { LIMITS } from '../../shared/limits.js';
import type { QualityWish } from '../../shared/protocol.js';
import { isTold, Viewing } from '../connection/viewing.js';
import type { Watching } from '../state/state.js';
import { useLive } from './context.js';
import { Talk } from './talk.js';

/** The screen. */
export function WatchScreen({ id }: { id: string }) {
  const { state, words, session, name } = useLive();
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [viewing, setViewing] = useState<Viewing>();
  const heading = useArrival(`watch ${id}`);
  // Before the page is painted, because the first picture has to come soon.
  useLayoutEffect(() => {
    if (!canvas.current) return undefined;
    const made = new Viewing(session, id, canvas.current);
    setViewing(made);
    return () => made.close();
  }, [id]);
  const watching = state.watching?.id === id ? state.watching : undefined;
  const broadcast = state.onAir.find((each) => each.id === id) ?? watching?.broadcast;
  const title = broadcast ? name(broadcast.card) : words.watchTitle;
  return (
    <main id="main" class="screen watch" tabIndex={-1}>
      <header class="place-head">
        <a class="round back" href="#/" aria-label={words.back}>
          <Icon name="back" />
        </a>
        <div class="place-title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p>{broadcast ? `${words.sources[broadcast.kind]} · ${words.viewers(watching?.viewers ?? 0)}` : '\u00a0'}</p>
        </div>
        {broadcast && broadcast.card.id !== state.you?.id && (
          <button
            type="button"
            class="pill"
            aria-label={words.options(title)}
            onClick={() => session.dialog({ type: 'person', card: broadcast.card, id })}
          >
            <Icon name="more" />
          </button>
        )}
      </header>
      <div class="watch-main">
        <div class={`picture ${watching?.hasPicture ? 'picture-on' : ''}`} ref={frame}>
          {/* The canvas is the picture of a broadcast, which has no text of its own. */}
          <canvas ref={canvas} role="img" aria-label={words.pictureOf(title)} width={640} height={360} />
          {watching && <Curtain watching={watching} isLost={broadcast?.isLost ?? false} />}
          {viewing && watching && !watching.isSoundOn && watching.lines > 0 && watching.status === 'on' && (
            <button type="button" class="primary sound-ask" onClick={() => void viewing.turnSound(true)}>
              <Icon name="silent" />
              {words.soundOn}
            </button>
          )}
        </div>
        {viewing && watching && <Skipping viewing={viewing} watching={watching} />}
        {viewing && watching && <Controls viewing={viewing} watching={watching} frame={frame} />}
      </div>
      <Talk id={id} isOpen={watching?.status === 'on'} />
    </main>
  );
}

/** The text that covers the picture until the first one comes, and while it stands still. */
function Curtain({ watching, isLost }: { watching: Watching; isLost: boolean }) {
  const { state, words } = useLive();
  const { status, ending, hasPicture, lines } = watching;
  if (status === 'over') return <p class="curtain">{words.endings[ending ?? 'stopped']}</p>;
  if (status === 'unable') return <p class="curtain">{words.unableToWatch}</p>;
  if (status !== 'on' && status !== 'entering') return <p class="curtain">{words.watchProblems[status]}</p>;
  if (state.link === 'offline' || state.link === 'full') return <p class="curtain curtain-thin">{words.offlineNote}</p>;
  if (isLost) return <p class="curtain curtain-thin">{words.broadcasterLost}</p>;
  // Over a still, the text comes only if the first picture is late.
  return lines > 0 ? null : <p class={`curtain ${hasPicture ? 'curtain-thin curtain-late' : ''}`}>{words.entering}</p>;
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

function Controls({
  viewing,
  watching,
  frame,
}: {
  viewing: Viewing;
  watching: Watching;
  frame: { readonly current: HTMLElement | null };
}) {
  const { words } = useLive();
  const { isSoundOn, wish, lines, behindMs, rewoundMs, broadcast, status } = watching;
  if (status === 'over' || status === 'unable') return null;
  const choices: readonly QualityWish[] = (broadcast?.qualities.length ?? 0) > 1 ? ['auto', 'high', 'low'] : ['auto'];
  return (
    <div class="controls">
      <button type="button" class="pill" aria-pressed={isSoundOn} onClick={() => void viewing.turnSound(!isSoundOn)}>
        <Icon name={isSoundOn ? 'sound' : 'silent'} />
        <span class="pill-text">{isSoundOn ? words.soundIsOn : words.soundIsOff}</span>
      </button>
      {choices.length > 1 && (
        <label class="pill quality">
          <span class="visually-hidden">{words.quality}</span>
          <select value={wish} onChange={(event) => void viewing.choose(event.currentTarget.value as QualityWish)}>
            {choices.map((each) => (
              <option key={each} value={each}>
                {words.qualities[each]}
              </option>
            ))}
          </select>
        </label>
      )}
      <Rewind viewing={viewing} watching={watching} />
      <p class="figures">{lines > 0 ? words.figures(lines, rewoundMs > 0 ? rewoundMs : (behindMs ?? 0)) : ''}</p>
      {document.fullscreenEnabled && (
        <button
          type="button"
          class="pill"
          aria-label={words.fullScreen}
          onClick={() =>
            void (document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen())
          }
        >
          <Icon name="full" />
        </button>
      )}
    </div>
  );
}

/** The slider of the tape. Its right end is live. */
function Rewind({ viewing, watching }: { viewing: Viewing; watching: Watching }) {
  const { words, session } = useLive();
  const { rewoundMs, broadcast } = watching;
  const [held, setHeld] = useState<number>();
  const ageMs = broadcast ? session.serverNow - broadcast.since : 0;
  // A multiple of the step, so that the right end of the slider is live.
  const lengthS = 5 * Math.floor(Math.min(LIMITS.tapeMs, ageMs) / 5_000);
  if (lengthS < 5) return null;
  const backS = held ?? Math.round(rewoundMs / 1_000);
  return (
    <div class="rewind">
      <input
        type="range"
        min={-lengthS}
        max={0}
        step={5}
        value={-backS}
        aria-label={words.rewind}
        aria-valuetext={words.rewoundBy(backS)}
        onInput={(event) => setHeld(-Number(event.currentTarget.value))}
        onChange={(event) => {
          setHeld(undefined);
          void viewing.rewind(-Number(event.currentTarget.value) * 1_000);
        }}
      />
      <output>{words.rewoundBy(backS)}</output>
      <button type="button" class="pill to-live" disabled={rewoundMs === 0} onClick={() => void viewing.rewind(0)}>
        {words.live}
      </button>
    </div>
  );
}
