import '#protocols/web/no-eval.ts'
import { startConnection } from './stream-connection.ts'

/** The worker of the stream: told its address once, it tells the news from then on. */
onmessage = ({ data }: MessageEvent<string>): void => {
  startConnection(data, (news, transfer) => postMessage(news, { transfer }))
}
