/** A picture in the log. Its bytes come over the socket when they are needed, and stay in memory. */
import { useEffect, useState } from 'preact/hooks';
import type { Picture } from '../../../shared/protocol.js';
import { download } from '../../connection/pictures.js';
import { useChat } from '../context.js';

type Status =
  | { readonly type: 'asleep' | 'gone' }
  | { readonly type: 'loading'; readonly part: number }
  | { readonly type: 'here'; readonly url: string };

/** A picture that somebody sent. On a ride it stays covered until it is asked for. */
export function PictureView({ picture, place, isCovered }: { picture: Picture; place: string; isCovered: boolean }) {
  const { words, session, state, actions } = useChat();
  const isOwn = picture.id.startsWith('blob:');
  const [status, setStatus] = useState<Status>(() => statusAtStart(picture));
  const load = async (): Promise<void> => {
    setStatus({ type: 'loading', part: 0 });
    const got = await download(session.socket, place, picture, (part) => setStatus({ type: 'loading', part }));
    // A download that failed while disconnected is repeated after the next connection, or on a click.
    if (typeof got === 'string') return setStatus({ type: got === 'gone' ? 'gone' : 'asleep' });
    hold(picture.id, got.url);
    setStatus({ type: 'here', url: got.url });
  };
  useEffect(() => {
    if (!isCovered && !isOwn && status.type === 'asleep' && state.link === 'online') void load();
  }, [isCovered, state.link]);

  const label = picture.alt || words.pictureUnnamed;
  const frame = { '--ratio': `${picture.width} / ${picture.height}`, '--width': `${Math.min(picture.width, 420)}px` };
  if (status.type === 'gone') return <p class="picture-gone">{words.pictureGone}</p>;
  if (status.type === 'here') {
    return (
      <button
        type="button"
        class="picture"
        style={frame}
        aria-label={`${words.pictureOpen}: ${label}`}
        onClick={() => actions.dialog({ type: 'picture', url: status.url, alt: label })}
      >
        <img src={status.url} alt={label} width={picture.width} height={picture.height} />
      </button>
    );
  }
  if (status.type === 'loading') {
    const percent = words.percent(status.part);
    return (
      <div class="picture picture-empty" style={frame}>
        <progress max={100} value={percent} aria-label={words.pictureLoading(percent)} />
      </div>
    );
  }
  return (
    <button type="button" class="picture picture-empty" style={frame} onClick={() => void load()}>
      {words.pictureShow(words.size(picture.size))}
      {picture.alt && <span class="picture-alt">{picture.alt}</span>}
    </button>
  );
}

function statusAtStart(picture: Picture): Status {
  const url = picture.id.startsWith('blob:') ? picture.id : fetched.get(picture.id);
  return url ? { type: 'here', url } : { type: 'asleep' };
}

function hold(id: string, url: string): void {
  fetched.set(id, url);
  const [oldest] = fetched;
  if (!oldest || fetched.size <= HELD_MAX) return;
  fetched.delete(oldest[0]);
  URL.revokeObjectURL(oldest[1]);
}

/** The pictures in this tab, by id. The oldest go first. */
const fetched = new Map<string, string>();
const HELD_MAX = 48;
