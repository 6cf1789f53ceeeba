// Takes part in the talk of a folder until it is killed: prints what it hears, and answers questions. Runs on the built
// package.
import { writeSync } from 'node:fs';
import { local } from '@naru/local';

const [, , folder] = process.argv;
const { talk } = local(String(folder));
const member = talk?.join({
  onMessage: (_from, _namespace, message) => void writeSync(1, `${new TextDecoder().decode(message)}\n`),
  onQuestion: (_from, _namespace, question) => {
    const text = new TextDecoder().decode(question);
    return text === 'never' ? new Promise(() => undefined) : new TextEncoder().encode(`${text}!`);
  },
});
writeSync(1, `${member?.node}\n`);
setInterval(() => undefined, 1_000);
