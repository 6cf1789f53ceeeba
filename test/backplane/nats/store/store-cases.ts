/** The cases of the contract that are about texts, tables and queues. Their leases end by the clock of the server, so their time really passes. */
export const STORE =
  /text|table|swap|entry|lease|queue|hold|message of|finished messages|messages of|bounds all|prefix|if it is durable|taker/;
