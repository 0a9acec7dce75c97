// How posthog-js compresses what it sends: at once, since what a page still compresses when it is left is lost.

/**
 * Load posthog-js so that it finds no streams that compress: it looks for them once, as it starts.
 *
 * By a stream each batch takes a few turns of the page's loop before the browser has it, and a page that is
 * left has none. Without one it takes a millisecond or two of the page, and is then the browser's to send.
 * Recordings are sent the same way. What is large in them, the page and its changes, the recorder has compressed
 * by then, piece by piece and by the streams, which it finds since it comes later.
 */
export async function compressingAtOnce<Script>(load: () => Promise<Script>): Promise<Script> {
  const own = Object.getOwnPropertyDescriptor(window, "CompressionStream");
  Reflect.deleteProperty(window, "CompressionStream");
  try {
    return await load();
  } finally {
    if (own) Object.defineProperty(window, "CompressionStream", own);
  }
}
