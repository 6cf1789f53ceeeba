/** The screen for programs: the command that puts one on air, and its figures. */

import { useArrival } from 'naru-apps-kit/page/arrival.js';
import { Icon } from 'naru-apps-kit/page/icons.js';
import { useEffect, useState } from 'preact/hooks';
import { commandFor } from '../../shared/command.js';
import { closingText } from '../connection/airing.js';
import { Desk } from '../connection/desk.js';
import { forgetProgramKey, programKeyOfTab } from '../connection/tab.js';
import { useLive } from './context.js';
import { Figures } from './figures.js';
import { Copied, Share } from './share.js';
import { Talk } from './talk.js';
import { Title } from './title.js';

/** The screen. */
export function ProgramScreen() {
  const { state, words, session } = useLive();
  const [key, setKey] = useState(programKeyOfTab);
  const heading = useArrival('program');
  useEffect(() => {
    const desk = new Desk(session, key);
    return () => desk.close();
  }, [key]);
  const { program } = state;
  const why = program?.status === 'refused' ? program.why : undefined;
  return (
    <main id="main" class="screen watch" tabIndex={-1}>
      <header class="place-head">
        <a class="round back" href="#/" aria-label={words.back}>
          <Icon name="back" />
        </a>
        <div class="place-title">
          <h1 ref={heading} tabIndex={-1}>
            {words.programTitle}
          </h1>
          <p role="status">{words.programState(program?.status)}</p>
        </div>
      </header>
      <div class="watch-main program">
        {why && (
          <p class="note fault" role="alert">
            {closingText(words, why)}
          </p>
        )}
        <p>{words.programNote}</p>
        <Copied label={words.programCommand} text={commandFor(`${location.origin}/publish/${key}`)} isCommand />
        <p class="hint">{words.programKeyNote}</p>
        <div class="row">
          <button
            type="button"
            class="secondary"
            onClick={() => {
              forgetProgramKey();
              setKey(programKeyOfTab());
            }}
          >
            {words.programNewKey}
          </button>
        </div>
        {program && <Title id={program.id} secret={key} />}
        {program && <Share id={program.id} />}
        {program && <Figures air={program} />}
      </div>
      {program && <Talk id={program.id} isOpen={program.status === 'on'} />}
    </main>
  );
}
