/** The first screen: a name, one button, and how to play. */
import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useRef } from 'preact/hooks';
import { Renderer, wanderingPlace } from '../drawing/renderer.js';
import { useArena } from './context.js';

/** The screen. */
export function StartScreen() {
  const { state, words, session, name } = useArena();
  const { you, link } = state;
  const heading = useArrival('start');
  return (
    <main id="main" class="screen start" tabIndex={-1}>
      <Depot />
      <div class="start-inner">
        <section class="welcome" aria-labelledby="hello">
          <h1 id="hello" ref={heading} tabIndex={-1}>
            {you ? words.hello(name(you)) : words.unnamed}
          </h1>
          <p class="lead">{words.helloNote}</p>
          <div class="row">
            <a class="primary play" href="#/play">
              <Icon name="next" />
              {words.play}
            </a>
            <button type="button" class="secondary" disabled={link !== 'online'} onClick={() => void session.rename()}>
              {words.rename}
            </button>
          </div>
          <p class="rules">{words.rules}</p>
        </section>
        <section class="how" aria-labelledby="how">
          <h2 id="how">{words.howTitle}</h2>
          <dl>
            {Object.values(words.how).map(([device, text]) => (
              <div key={device}>
                <dt>{device}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </section>
        <p class="foot">
          <a href="#/kept">{words.kept}</a>
          <button type="button" class="link" onClick={() => session.dialog({ type: 'keys' })}>
            {words.keys}
          </button>
        </p>
      </div>
    </main>
  );
}

/** The depot behind the screen. It stands still when people want little movement. */
function Depot() {
  const node = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = node.current;
    if (!canvas) return undefined;
    const renderer = new Renderer(canvas);
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const draw = (at: number): void => renderer.drawEmpty(wanderingPlace(isCalm ? 9_000 : at));
    const resized = new ResizeObserver(() => {
      renderer.fit();
      draw(performance.now());
    });
    resized.observe(canvas);
    let frame = 0;
    const next = (at: number): void => {
      draw(at);
      frame = requestAnimationFrame(next);
    };
    if (!isCalm) frame = requestAnimationFrame(next);
    return () => {
      cancelAnimationFrame(frame);
      resized.disconnect();
    };
  }, []);
  return (
    <div class="depot" aria-hidden="true">
      <canvas ref={node} />
    </div>
  );
}
