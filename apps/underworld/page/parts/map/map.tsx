/** The line map: one list of stations, drawn as a map in a wide window and as a vertical line in a narrow one. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import type { CSSProperties, TargetedKeyboardEvent } from 'preact';
import { useMemo } from 'preact/hooks';
import { stationAbout, stationName } from '../../../shared/naming.js';
import type { Station } from '../../../shared/protocol.js';
import { LIGHT_MS, unreadOf } from '../../state/places.js';
import { Unread } from '../back.js';
import { useChat } from '../context.js';
import { layOut, type MapLayout, type Spot } from './map-layout.js';

/** The navigation between stations. */
export function LineMap() {
  const { state, words, actions, isOff } = useChat();
  const { stations, settings } = state;
  const layout = useMemo(() => layOut(stations), [stations]);
  const permanent = stations.filter((station) => station.isPermanent);
  const made = stations.filter((station) => !station.isPermanent);
  return (
    <nav class={`map ${isOff ? 'map-off' : ''}`} aria-label={words.mapTitle} onKeyDown={moveFocus}>
      <div class="map-sheet" style={{ '--map-ratio': `${layout.width} / ${layout.height}` }}>
        <Drawing layout={layout} />
        <RideStop layout={layout} />
        <h2 class="map-heading">{words.landmarks}</h2>
        <ol class="stops">
          {permanent.map((station, index) => (
            <Stop
              key={station.id}
              station={station}
              next={permanent[index + 1]}
              spot={layout.spots.get(station.id)}
              layout={layout}
            />
          ))}
        </ol>
        <h2 class="map-heading">{words.made}</h2>
        <ol class="stops stops-made">
          {made.map((station, index) => (
            <Stop
              key={station.id}
              station={station}
              next={made[index + 1]}
              spot={layout.spots.get(station.id)}
              layout={layout}
            />
          ))}
          <li class="stop stop-planned" style={placeOf(layout, layout.planned.spot)}>
            <button
              type="button"
              class="stop-link"
              aria-disabled={isOff}
              onClick={() => {
                if (!isOff) actions.dialog({ type: 'make' });
              }}
            >
              <span class="stop-dot" aria-hidden="true">
                <Icon name="plus" />
              </span>
              <span class="stop-label">
                <span class="stop-name">{words.make}</span>
              </span>
            </button>
          </li>
        </ol>
      </div>
      {state.link === 'online' && (
        <p class="visually-hidden" lang={settings.language}>
          {words.riders(state.riders)}
        </p>
      )}
    </nav>
  );
}

interface StopParts {
  readonly station: Station;
  readonly next: Station | undefined;
  readonly spot: Spot | undefined;
  readonly layout: MapLayout;
}

function Stop({ station, next, spot, layout }: StopParts) {
  const { state, words, isOff } = useChat();
  const { settings, places, view } = state;
  const joined = places[station.id];
  const spokeAt = state.spokeAt[station.id];
  const unread = joined ? unreadOf(state, joined) : 0;
  const isCurrent = view.type === 'station' && view.id === station.id;
  const about = stationAbout(station, settings.language);
  const classes = ['stop', `label-${spot?.label ?? 'below'}`, `hue-${station.hue}`];
  const style = { '--next-hue': next && `var(--hue-${next.hue})`, ...(spot && placeOf(layout, spot)) };
  if (joined) classes.push('stop-joined');
  if (station.id === 'central') classes.push('stop-transfer');
  if (isCurrent) classes.push('stop-current');
  if (!next) classes.push('stop-last');
  return (
    <li class={classes.join(' ')} style={style}>
      <a class="stop-link" href={`#/s/${station.id}`} aria-current={isCurrent ? 'page' : undefined}>
        <span class="stop-dot" aria-hidden="true">
          {isLit(spokeAt) && <i key={spokeAt} class="stop-light" />}
        </span>
        <span class="stop-label">
          <span class="stop-name">{stationName(station, settings.language)}</span>
          {about && <span class="stop-about">{about}</span>}
          <span class="stop-here">
            {station.here > 0 && !isOff && words.here(station.here)}
            {joined && <span class="visually-hidden">, {words.joined}</span>}
          </span>
        </span>
        {unread > 0 && <Unread count={unread} />}
      </a>
    </li>
  );
}

/** The line for two as a stop on the map. It begins a ride, or leads to the current one. */
function RideStop({ layout }: { layout: MapLayout }) {
  const { state, words, actions, name } = useChat();
  const { ride } = state;
  const place = ride.type === 'riding' ? state.places[ride.id] : undefined;
  const unread = place ? unreadOf(state, place) : 0;
  const inside = (text: string) => (
    <>
      <span class="stop-dot" aria-hidden="true">
        <Icon name="ride" />
      </span>
      <span class="stop-label">
        <span class="stop-name">{text}</span>
      </span>
    </>
  );
  return (
    <ul class="stops stops-ride">
      <li class={`stop stop-ride label-${layout.ride.spot.label}`} style={placeOf(layout, layout.ride.spot)}>
        {ride.type === 'riding' || ride.type === 'waiting' ? (
          <a class="stop-link" href="#/ride">
            {inside(ride.type === 'riding' ? words.rideWith(name(ride.partner)) : words.waitTitle)}
            {unread > 0 && <Unread count={unread} />}
          </a>
        ) : (
          <button type="button" class="stop-link" onClick={() => actions.board()}>
            {inside(words.board)}
          </button>
        )}
      </li>
    </ul>
  );
}

function Drawing({ layout }: { layout: MapLayout }) {
  const { stations, spokeAt } = useChat().state;
  return (
    <svg class="map-drawing" viewBox={`0 0 ${layout.width} ${layout.height}`} aria-hidden="true" focusable="false">
      <defs>
        {layout.rails.map(({ from, to }, index) => (
          <linearGradient
            key={index}
            id={`rail-${index}`}
            gradientUnits="userSpaceOnUse"
            x1={from.x}
            y1={from.y}
            x2={to.x + (from.x === to.x ? 0.01 : 0)}
            y2={to.y + (from.y === to.y ? 0.01 : 0)}
          >
            <stop offset="0.25" stop-color={`var(--hue-${from.hue})`} />
            <stop offset="0.75" stop-color={`var(--hue-${to.hue})`} />
          </linearGradient>
        ))}
      </defs>
      <path class="rail rail-ride" d={layout.ride.d} />
      <path class="rail rail-planned" d={layout.planned.d} />
      {layout.rails.map(({ d }, index) => (
        <path key={index} class="rail" d={d} stroke={`url(#rail-${index})`} />
      ))}
      {stations.map(({ id, hue }) => {
        const [at, way] = [spokeAt[id], layout.ways.get(id)];
        // A new key begins the run again.
        return isLit(at) && way ? (
          <circle key={`${id} ${at}`} class={`light hue-${hue}`} r="6" style={{ offsetPath: `path("${way}")` }} />
        ) : null;
      })}
      <circle class="train" r="4.5" style={{ offsetPath: `path("${layout.run}")` }} />
    </svg>
  );
}

/** Whether words at a station are so recent that its light shows them. */
function isLit(spokeAt: number | undefined): boolean {
  return spokeAt !== undefined && Date.now() - spokeAt < LIGHT_MS;
}

function placeOf({ width, height }: MapLayout, { x, y }: Spot): CSSProperties {
  return { '--x': `${(x / width) * 100}%`, '--y': `${(y / height) * 100}%` } as CSSProperties;
}

/** Arrows move between stations, as on a list. */
function moveFocus(event: TargetedKeyboardEvent<HTMLElement>): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('.stop-link')];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  if (at === -1) return;
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: stops.length - 1,
  };
  const to = steps[event.key];
  if (to === undefined) return;
  event.preventDefault();
  stops[Math.max(0, Math.min(stops.length - 1, to))]?.focus();
}
