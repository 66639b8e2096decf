/** What the engine needs of a logger (pino's shape); in workers it is a proxy that sends lines to the main thread. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export type LogLevel = keyof Logger;
