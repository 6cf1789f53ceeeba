/** By which road somebody came: a small mark, with a word for those who do not see it or do not know it. */
import type { Road } from '../../shared/wire.js';
import type { Words } from '../words/language.js';
import { Icon } from './icons.js';

/** The mark. With `isLabelled` the word stands beside it; else it is there for screen readers, and as a tip. */
export function RoadMark({ road, words, isLabelled }: { road: Road; words: Words; isLabelled?: boolean }) {
  const [word] = words.roads[road];
  return (
    <span class={`road road-${road}`} title={isLabelled ? undefined : words.cameBy(word)}>
      <Icon name={road} />
      {isLabelled ? <span class="road-word">{word}</span> : <span class="visually-hidden">{words.cameBy(word)}</span>}
    </span>
  );
}
