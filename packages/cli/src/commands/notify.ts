import type { Command } from 'commander'
import { loadConfig } from '@spark/server/config'
import { folderClock } from '@spark/server/folder-clock'
import { OutsideError } from '@spark/server/notify/call-outside'
import { CHANNELS, CHANNEL_SETTINGS, configuredChannels, sendTo, type ChannelName } from '@spark/server/notify/channels'
import { isTyped, readInput } from '../input.ts'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'

/** Telegram takes 4,096. */
const CHARACTERS_MAX = 4000

/** spark notify, and bin/slack-notify: sends at once, because a person waits for it; nothing else needs to run. */
export function notifyCommand(program: Command, output: Output): void {
  program
    .command('notify')
    .argument('[text...]', 'what to say; without it, standard input')
    .description('Says something to the people: to every channel that is set up, or to one.')
    .option('--channel <name>', CHANNELS.join(', '))
    .addHelpText(
      'after',
      '\nExamples:\n  spark notify "canary looks good"\n  echo "ROLLBACK COMPLETE" | spark notify --channel slack',
    )
    .action(async (words: string[], { channel }: { channel?: string }) => {
      const config = loadConfig()
      const channels = wanted(channel, configuredChannels(config))
      const text = await textOf(words)
      const message = {
        ts: folderClock(config).nowMs(),
        severity: 'info',
        code: 'note',
        scope: 'operator',
        message: text,
      } as const
      const failed: string[] = []
      for (const one of channels)
        try {
          await sendTo(config, one, message)
          output.line(`${one}: sent`)
        } catch (error) {
          if (!(error instanceof OutsideError)) throw error
          failed.push(`${one}: not sent, ${error.message}`)
        }
      if (failed.length > 0) throw new CheckFailed(failed.join('\n'))
    })
}

function wanted(channel: string | undefined, configured: readonly ChannelName[]): readonly ChannelName[] {
  if (channel === undefined) {
    if (configured.length > 0) return configured
    throw new CheckFailed(`not sent: no channel is set up. Set ${Object.values(CHANNEL_SETTINGS).join(', or ')}`)
  }
  const known = CHANNELS.find((one) => one === channel)
  if (known === undefined) throw new WrongUsage(`--channel ${channel}: must be one of ${CHANNELS.join(', ')}`)
  if (!configured.includes(known)) throw new CheckFailed(`not sent: ${known} is not set up. Set ${CHANNEL_SETTINGS[known]}`)
  return [known]
}

async function textOf(words: readonly string[]): Promise<string> {
  if (words.length === 0 && isTyped()) throw new WrongUsage('nothing to say: give the text as argument or on standard input')
  const text = (words.length > 0 ? words.join(' ') : await readInput()).trim()
  if (text === '') throw new WrongUsage('nothing to say: the text is empty')
  if (text.length > CHARACTERS_MAX) throw new WrongUsage(`the text has ${text.length} characters, at most ${CHARACTERS_MAX}`)
  return text
}
