// Synchronous compression in posthog-js: a batch that is still being compressed when the page is left is lost.

/**
 * Load posthog-js without `CompressionStream`, for which it checks once, when it starts.
 *
 * With a stream, each batch takes a few turns of the event loop before the browser gets it, and a page that is
 * left has no more turns. Without a stream, compression blocks the page for a millisecond or two, and the browser
 * sends the batch. Recordings are sent in the same way. Their large parts, the page and its changes, have already
 * been compressed piece by piece by the recorder, which loads later and finds `CompressionStream`.
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
