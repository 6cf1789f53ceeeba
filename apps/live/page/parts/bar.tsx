/** The bar at the top, with a link back to the own broadcast. */
import { Bar } from 'naru-apps-kit/page/bar.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { isRunning } from '../state/state.js';
import { useLive } from './context.js';

/** The top bar. */
export function TopBar() {
  const { state, words } = useLive();
  const { link, view, air, onAir } = state;
  const isOn = isRunning(air) && view.type !== 'air';
  return (
    <Bar status={words.links[link](onAir.length)} isLit>
      {isOn && (
        <a class="on-line" href="#/air">
          <Icon name="camera" />
          <span class="on-line-text">{words.youAreOn}</span>
        </a>
      )}
    </Bar>
  );
}
