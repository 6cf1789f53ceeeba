/** The room of what processes say to each other in a log. No socket is in it, and nobody is shown it. */
export const TOLD_ROOM = '\0naru';
