/** The module whose exports run in worker threads. */
export const GROUP_TASKS: URL = new URL(
  `./backfill-group.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
)
