/**
 * A terminal's screen: the visible result of everything that was written. It supports as much of ECMA-48 as Node's
 * readline uses.
 */

/** A screen that adds rows as needed. */
export class Screen {
  readonly #columns: number;
  #rows: string[][] = [[]];
  #row = 0;
  #column = 0;
  /** The last column is full. Terminals begin the next row only with the next character. */
  #isFull = false;

  constructor(columns = 80) {
    this.#columns = columns;
  }

  /** The rows, without trailing spaces and without empty rows at the end. */
  get text(): string {
    return this.#rows
      .map((row) =>
        Array.from(row, (char) => char ?? ' ')
          .join('')
          .trimEnd(),
      )
      .join('\n')
      .trimEnd();
  }

  /** The place of the cursor: row and column, from 0. */
  get cursor(): [row: number, column: number] {
    return [this.#row, this.#column];
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of a terminal
    for (const [part] of text.matchAll(/\u001b\[[\d;?]*[A-Za-z]|[\s\S]/gu)) this.#take(part);
  }

  #take(part: string): void {
    if (part.length > 1 && part.startsWith('\u001b')) this.#control(part.at(-1) ?? '', Number(part.slice(2, -1) || 0));
    else if (part === '\r') this.#move(this.#row, 0);
    else if (part === '\n') this.#move(this.#row + 1, this.#column);
    else if (part === '\b') this.#move(this.#row, this.#column - 1);
    else if (part === '\u0007') return;
    else this.#put(part);
  }

  #put(char: string): void {
    if (this.#isFull) this.#move(this.#row + 1, 0);
    const row = this.#rows[this.#row] ?? [];
    row[this.#column] = char;
    if (this.#column + 1 < this.#columns) this.#column += 1;
    else this.#isFull = true;
  }

  #move(row: number, column: number): void {
    this.#row = Math.max(0, row);
    this.#column = Math.min(Math.max(0, column), this.#columns - 1);
    this.#isFull = false;
    while (this.#rows.length <= this.#row) this.#rows.push([]);
  }

  #control(name: string, count: number): void {
    const many = count || 1;
    if (name === 'A') this.#move(this.#row - many, this.#column);
    else if (name === 'B') this.#move(this.#row + many, this.#column);
    else if (name === 'C') this.#move(this.#row, this.#column + many);
    else if (name === 'D') this.#move(this.#row, this.#column - many);
    else if (name === 'G') this.#move(this.#row, many - 1);
    else if (name === 'K') this.#rows[this.#row]?.splice(this.#column);
    else if (name === 'J') {
      this.#rows[this.#row]?.splice(this.#column);
      this.#rows.splice(this.#row + 1);
    } else throw new TypeError(`this screen does not know ${JSON.stringify(name)}`);
  }
}
