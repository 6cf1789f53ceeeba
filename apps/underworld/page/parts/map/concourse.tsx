/** The first screen: your name tonight, the line, and the map. */
import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useChat } from '../context.js';
import { LineMap } from './map.js';

/** The concourse. */
export function Concourse() {
  const { state, words, actions, name, isOff } = useChat();
  const { you, ride } = state;
  const heading = useArrival('map');
  const isRiding = ride.type === 'riding' || ride.type === 'waiting';
  return (
    <main id="main" class="concourse" tabIndex={-1}>
      <div class="welcome">
        <div class="welcome-text">
          <h1 ref={heading} tabIndex={-1}>
            {you ? words.hello(name(you)) : isOff ? words.linkOffline : words.unnamed}
          </h1>
          <p>{isOff ? words.tryingNote : words.helloNote}</p>
        </div>
        <div class="welcome-ride">
          {isRiding ? (
            <a class="primary" href="#/ride">
              <Icon name="ride" />
              {ride.type === 'riding' ? words.rideWith(name(ride.partner)) : words.waitTitle}
            </a>
          ) : (
            <button type="button" class="primary" onClick={() => actions.board()}>
              <Icon name="ride" />
              {words.board}
            </button>
          )}
          <p class="welcome-note">{words.boardNote}</p>
        </div>
      </div>
      <LineMap />
      <footer class="foot">
        <a href="#/kept">{words.kept}</a>
        <button type="button" class="link" onClick={() => actions.dialog({ type: 'keys' })}>
          {words.keys}
        </button>
        <button type="button" class="link" onClick={() => actions.dialog({ type: 'clients' })}>
          {words.clientsTitle}
        </button>
      </footer>
    </main>
  );
}
