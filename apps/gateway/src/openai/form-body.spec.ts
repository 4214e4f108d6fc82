import { describe, expect, it } from 'vitest'
import { rewriteForm, walkForm } from './form-body.js'

const type = 'multipart/form-data; boundary=xx'
const part = (head: string, value: string) => `--xx\r\n${head}\r\n\r\n${value}\r\n`
const field = (name: string, value: string) => part(`Content-Disposition: form-data; name="${name}"`, value)
const file = part(
  'Content-Disposition: form-data; name="file"; filename="a\u00e9.mp3"\r\nContent-Type: audio/mpeg',
  '\r\n--x\r\n\0\xff',
)
const bytes = (...parts: string[]) => Buffer.from(`${parts.join('')}--xx--\r\n`, 'latin1')
const walk = (body: Buffer, contentType = type) => walkForm(body, contentType)

describe('a form with a file', () => {
  it('has its model replaced and nothing else, wherever it stands', () => {
    const model = field('model', 'openai/whisper-1')
    for (const parts of [
      [model, file],
      [file, model],
      [field('prompt', 'model'), file, model],
    ]) {
      const body = bytes(...parts)
      const form = walk(body)
      expect(form).toMatchObject({ model: 'openai/whisper-1', stream: false })
      expect(rewriteForm(body, form, 'whisper-1').toString('latin1')).toBe(
        body.toString('latin1').replace('openai/whisper-1', 'whisper-1'),
      )
    }
    expect(walk(bytes(file)).model).toBeUndefined()
    expect(walk(bytes(model, field('stream', 'true'))).stream).toBe(true)
    expect(walk(bytes(model), 'multipart/form-data; charset=utf-8; boundary="xx"').model).toBe(
      'openai/whisper-1',
    )
  })

  it('T64: is refused where two readers could read two models in it', () => {
    const disposition = 'Content-Disposition: form-data;'
    const model = field('model', 'openai/cheap')
    const hostile: Record<string, Buffer> = {
      'two models': bytes(model, file, field('model', 'openai/dear')),
      'another case': bytes(field('Model', 'openai/dear'), model),
      'spaces around the name': bytes(field(' model', 'openai/dear'), model),
      'a model that is a file': bytes(part(`${disposition} name="model"; filename="m"`, 'openai/dear')),
      'an encoded model': bytes(
        part(`${disposition} name="model"\r\nContent-Transfer-Encoding: base64`, 'b3BlbmFpL2RlYXI='),
      ),
      'two names': bytes(part(`${disposition} name="x"; name="model"`, 'openai/dear'), model),
      'an extended name': bytes(part(`${disposition} name="x"; name*=utf-8''model`, 'openai/dear'), model),
      'a name without quotes': bytes(part(`${disposition} name=model`, 'openai/dear'), model),
      'an escaped name': bytes(part(`${disposition} name="x\\"; name=\\"model"`, 'openai/dear'), model),
      'a percent in a name': bytes(field('mode%6c', 'openai/dear'), model),
      'a name in brackets': bytes(field('model[]', 'openai/dear'), model),
      'another parameter': bytes(part(`${disposition} name="x"; size=1`, 'openai/dear'), model),
      'an extended file name': bytes(part(`${disposition} name="x"; filename*=utf-8''a`, 'x'), model),
      'another disposition': bytes(part('Content-Disposition: attachment; name="x"', 'x'), model),
      'two streams': bytes(model, field('stream', 'false'), field('stream', 'true')),
      'a stream that is a word': bytes(model, field('stream', 'yes')),
      'a boundary behind half of a line break': bytes(
        part(`${disposition} name="x"`, `\n--xx\n${disposition} name="model"\n\nopenai/dear`),
        model,
      ),
      'a boundary within a line': bytes(field('x', 'a--xxb'), model),
      'no name': bytes(part('Content-Type: text/plain', 'x'), model),
      'two dispositions': bytes(
        part(`${disposition} name="x"\r\n${disposition} name="model"`, 'openai/dear'),
        model,
      ),
      'a folded line': bytes(part(`${disposition} name="x"\r\n ; name="model"`, 'openai/dear'), model),
      'half a line break': bytes(part(`${disposition} name="x"\n${disposition} name="model"`, 'openai/dear')),
      'no end': Buffer.from(model, 'latin1'),
      'no end of a head': Buffer.from('--xx\r\nContent-Disposition: form-data', 'latin1'),
      'a longer boundary': bytes(model, '--xxy\r\n\r\n'),
      'something before': Buffer.concat([Buffer.from('hello\r\n'), bytes(model)]),
      'something behind': Buffer.concat([bytes(model), Buffer.from(field('model', 'openai/dear'))]),
      'no form': Buffer.from('{"model":"openai/dear"}'),
      nothing: Buffer.alloc(0),
    }
    for (const [what, body] of Object.entries(hostile))
      expect(() => walk(body), what).toThrow(/^The form cannot be read/)
    for (const contentType of [
      'multipart/form-data',
      'multipart/form-data; boundary=xx; boundary=yy',
      'multipart/form-data; boundary="xx',
      'multipart/form-data; boundary=xx; Boundary*0=y',
      `multipart/form-data; boundary=${'x'.repeat(71)}`,
    ])
      expect(() => walk(bytes(model), contentType), contentType).toThrow(/^The form cannot be read/)
  })

  it('T69: has so many parts and no more', () => {
    expect(walk(bytes(...Array<string>(200).fill(field('x', '')))).model).toBeUndefined()
    expect(() => walk(bytes(...Array<string>(300).fill(field('x', ''))))).toThrow(/more than 200 parts/)
  })
})
