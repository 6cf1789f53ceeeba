/** The controls on the picture: pause, sound, the tape, the quality, and the size. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { LIMITS } from '../../shared/limits.js';
import type { QualityWish } from '../../shared/protocol.js';
import { TapeStills } from '../connection/tape-stills.js';
import type { Viewing } from '../connection/viewing.js';
import { canFloat, endFloat, float } from '../media/float.js';
import { drawStill } from '../media/still.js';
import type { Watching } from '../state/state.js';
import { useLive } from './context.js';
import { Moment } from './share.js';

/** The parts of a player. `frame` is the element that fills a full screen. */
export interface PlayerParts {
  readonly viewing: Viewing;
  readonly watching: Watching;
  readonly frame: { readonly current: HTMLElement | null };
  /** Shows the controls for a while. */
  wake(): void;
}

type Part = Pick<PlayerParts, 'viewing' | 'watching'>;

/** The controls. Somebody who may not watch has none. */
export function Controls({ viewing, watching, frame, wake }: PlayerParts) {
  const { words } = useLive();
  const { wish, broadcast, isPaused } = watching;
  useKeys(viewing, frame, wake);
  // A small window has nothing to show without a viewing.
  useEffect(() => () => void endFloat(), []);
  const choices: readonly QualityWish[] = (broadcast?.qualities.length ?? 0) > 1 ? ['auto', 'high', 'low'] : ['auto'];
  return (
    <div class="player">
      <Rewind viewing={viewing} watching={watching} />
      <div class="controls">
        <button
          type="button"
          class="round pause"
          aria-label={isPaused ? words.play : words.pause}
          onClick={() => void viewing.pause(!isPaused)}
        >
          <Icon name={isPaused ? 'play' : 'pause'} />
        </button>
        <Volume viewing={viewing} watching={watching} />
        <Place viewing={viewing} watching={watching} />
        {choices.length > 1 && (
          <label class="quality">
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
        <Moment id={watching.id} />
        {canFloat() && (
          <button
            type="button"
            class="round float"
            aria-label={words.float}
            onClick={() => void float(frame.current?.querySelector('canvas'))}
          >
            <Icon name="float" />
          </button>
        )}
        {document.fullscreenEnabled && (
          <button type="button" class="round" aria-label={words.fullScreen} onClick={() => fill(frame.current)}>
            <Icon name="full" />
          </button>
        )}
      </div>
    </div>
  );
}

function Volume({ viewing, watching }: Part) {
  const { words } = useLive();
  const { isSoundOn, volume } = watching;
  return (
    <>
      <button
        type="button"
        class="round sound"
        aria-pressed={isSoundOn}
        aria-label={words.sound}
        onClick={() => void viewing.turnSound(!isSoundOn)}
      >
        <Icon name={isSoundOn ? 'sound' : 'silent'} />
      </button>
      <input
        class="volume"
        type="range"
        min={0}
        max={1}
        step={0.05}
        value={isSoundOn ? volume : 0}
        aria-label={words.volume}
        onInput={(event) => void viewing.setVolume(Number(event.currentTarget.value))}
      />
    </>
  );
}

/** How far the picture is behind live, and the way back. */
function Place({ viewing, watching }: Part) {
  const { words } = useLive();
  const { rewoundMs, isPaused } = watching;
  return (
    <p class="place">
      <button
        type="button"
        class="to-live"
        disabled={rewoundMs === 0 && !isPaused}
        onClick={() => void viewing.rewind(0)}
      >
        {words.live}
      </button>
      <output>{rewoundMs > 0 ? words.rewoundBy(Math.round(rewoundMs / 1_000)) : ''}</output>
    </p>
  );
}

/** The slider of the tape. Its right end is live. */
function Rewind({ viewing, watching }: Part) {
  const { words, session } = useLive();
  const { id, rewoundMs, broadcast } = watching;
  const [held, setHeld] = useState<number>();
  const [peek, setPeek] = usePeek();
  const stills = useMemo(() => new TapeStills(session, id), [id]);
  const ageMs = broadcast ? session.clock.now - broadcast.since : 0;
  // A multiple of the step, so that the right end of the slider is live.
  const lengthS = STEP_S * Math.floor(Math.min(LIMITS.tapeMs, ageMs) / STEP_MS);
  if (lengthS < STEP_S) return null;
  const backS = held ?? Math.round(rewoundMs / 1_000);
  return (
    <div class="rewind" onPointerLeave={() => setPeek(undefined)}>
      {peek !== undefined && <Peek stills={stills} backS={Math.min(peek, lengthS)} lengthS={lengthS} />}
      <input
        type="range"
        min={-lengthS}
        max={0}
        step={STEP_S}
        value={-backS}
        aria-label={words.rewind}
        aria-valuetext={words.rewoundBy(backS)}
        onPointerMove={({ offsetX, currentTarget }) => setPeek(backAt(offsetX, currentTarget.clientWidth, lengthS))}
        onInput={(event) => {
          const back = -Number(event.currentTarget.value);
          setHeld(back);
          setPeek(back);
        }}
        onChange={(event) => {
          setHeld(undefined);
          void viewing.rewind(-Number(event.currentTarget.value) * 1_000);
        }}
      />
    </div>
  );
}

/** The place that the person looks at, in seconds before live. Like the controls, it hides after a while. */
function usePeek(): readonly [backS: number | undefined, look: (backS: number | undefined) => void] {
  const [peek, setPeek] = useState<{ readonly backS: number }>();
  useEffect(() => {
    const hiding = setTimeout(() => setPeek(undefined), AWAKE_MS);
    return () => clearTimeout(hiding);
  }, [peek]);
  return [peek?.backS, (backS) => setPeek(backS === undefined ? undefined : { backS })];
}

/** The place of the slider under a pointer, in seconds before live. */
function backAt(x: number, width: number, lengthS: number): number {
  const share = (x - THUMB_PX / 2) / (width - THUMB_PX);
  return STEP_S * Math.round(((1 - Math.max(0, Math.min(1, share))) * lengthS) / STEP_S);
}

/** A small still of a moment on the tape, with its time, above its place on the slider. Without a still, the time. */
function Peek({ stills, backS, lengthS }: { stills: TapeStills; backS: number; lengthS: number }) {
  const { words, session } = useLive();
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const at = session.clock.now - backS * 1_000;
    let isOver = false;
    const show = (still: ImageBitmap | undefined, isComing = false): void => {
      if (isOver || !canvas.current) return;
      drawStill(canvas.current, still);
      canvas.current.hidden = !still && !isComing;
    };
    // A live picture is on the screen already, and a pointer that passes loads nothing.
    const isWanted = backS > 0;
    show(stills.known(at), isWanted && stills.hasAny);
    const resting = setTimeout(() => isWanted && void stills.load(at).then(show), REST_MS);
    return () => {
      isOver = true;
      clearTimeout(resting);
    };
  }, [stills, backS]);
  return (
    <div class="peek" aria-hidden="true" style={{ '--share': 1 - backS / lengthS }}>
      <canvas ref={canvas} hidden />
      <span>{words.rewoundBy(backS)}</span>
    </div>
  );
}

/** The keys of other players. They work while no field has the focus. */
function useKeys(viewing: Viewing, frame: PlayerParts['frame'], wake: () => void): void {
  const { session } = useLive();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { watching, dialog } = session.store.state;
      const { target, key, ctrlKey, altKey, metaKey } = event;
      if (!watching || dialog || ctrlKey || altKey || metaKey) return;
      const within = (parts: string): boolean => target instanceof Element && target.closest(parts) !== null;
      // A button is pressed with the space bar, and the chat scrolls with the arrows.
      if (within('input, select') || (key === ' ' && within('button, a')) || within('.log')) return;
      const { isPaused, isSoundOn, volume, rewoundMs } = watching;
      const actions: Readonly<Record<string, () => unknown>> = {
        ' ': () => viewing.pause(!isPaused),
        k: () => viewing.pause(!isPaused),
        m: () => viewing.turnSound(!isSoundOn),
        f: () => fill(frame.current),
        i: () => float(frame.current?.querySelector('canvas')),
        ArrowLeft: () => viewing.rewind(rewoundMs + STEP_MS),
        ArrowRight: () => viewing.rewind(rewoundMs - STEP_MS),
        ArrowUp: () => viewing.setVolume(volume + VOLUME_STEP),
        ArrowDown: () => viewing.setVolume(volume - VOLUME_STEP),
      };
      const act = actions[key];
      if (!act) return;
      event.preventDefault();
      wake();
      void act();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [viewing]);
}

/** Fills the screen with an element, or ends that. */
function fill(element: HTMLElement | null): void {
  // A browser may refuse, for example in a frame of another page.
  const done = document.fullscreenElement ? document.exitFullscreen() : element?.requestFullscreen();
  done?.catch(() => undefined);
}

/** Time after which the controls on the picture hide, in milliseconds. */
export const AWAKE_MS = 3_000;
/** One step of the slider and of the arrow keys. */
const STEP_S = 5;
const STEP_MS = STEP_S * 1_000;
/** A pointer that stays for this long looks at a place. */
const REST_MS = 80;
/** The handle of the slider, as browsers draw it. */
const THUMB_PX = 16;
const VOLUME_STEP = 0.1;
