import type { ServerResponse } from 'node:http'
import type { Fault } from './script.ts'
import type { Written } from './write.ts'

/** Called at the moment when the last byte is handed over, or none will follow. */
export type OnEnd = () => void

/**
 * Sends an answer, or fails to, as the fault says.
 *
 * @param response of the server
 * @param written what to send
 * @param fault of the script
 * @param events `onEnd`; `onStall`: no byte will follow any more, and the connection stays open
 */
export function sendAnswer(
  response: ServerResponse,
  written: Written,
  fault: Fault | undefined,
  events: { onEnd: OnEnd; onStall: () => void },
): void {
  const bytes = Buffer.from(written.body)
  const announced =
    fault?.kind === 'truncate' && fault.how === 'complete' ? fault.bytes : bytes.length
  const head = (): void => {
    response.writeHead(written.status, {
      'content-type':
        fault?.kind === 'empty' && fault.contentType ? fault.contentType : written.contentType,
      'content-length': announced,
      ...(fault?.kind === 'status' &&
        fault.retryAfter !== undefined && { 'retry-after': String(fault.retryAfter) }),
      ...(fault?.kind === 'status' && fault.location !== undefined && { location: fault.location }),
    })
  }
  const end = (last: Buffer): void => {
    events.onEnd()
    response.end(last)
  }
  const half = bytes.subarray(0, Math.floor(bytes.length / 2))
  switch (fault?.kind) {
    case 'reset':
      if (fault.at !== 'body') {
        events.onEnd()
        response.socket?.resetAndDestroy()
        return
      }
      head()
      response.write(half, () => {
        events.onEnd()
        response.socket?.resetAndDestroy()
      })
      return
    case 'stall':
      if (fault.at === 'body') {
        head()
        response.write(half, events.onStall)
      } else events.onStall()
      return
    case 'truncate': {
      const part = bytes.subarray(0, fault.bytes)
      head()
      if (fault.how === 'complete') end(part)
      else {
        response.write(part, () => {
          events.onEnd()
          response.socket?.end()
        })
      }
      return
    }
    case 'slow':
      dribble(response, bytes, fault, head, end)
      return
    default:
      head()
      end(bytes)
  }
}

function dribble(
  response: ServerResponse,
  bytes: Buffer,
  { ms = 0, perByteMs = 0 }: { ms?: number; perByteMs?: number },
  head: () => void,
  end: (last: Buffer) => void,
): void {
  const timers = new Set<NodeJS.Timeout>()
  const later = (wait: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, wait)
    timers.add(timer)
  }
  response.once('close', () => {
    for (const timer of timers) clearTimeout(timer)
  })
  const step = (place: number): void => {
    if (place >= bytes.length - 1) end(bytes.subarray(place))
    else {
      response.write(bytes.subarray(place, place + 1))
      later(perByteMs, () => step(place + 1))
    }
  }
  later(ms, () => {
    head()
    if (perByteMs > 0) step(0)
    else end(bytes)
  })
}
