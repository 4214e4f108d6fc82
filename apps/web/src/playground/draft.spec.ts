import { describe, expect, it } from 'vitest'
import { columnsFor, draftOf, modelsOf, noDraft, parametersOf } from './draft.ts'

describe('draftOf', () => {
  it('reads what was kept', () => {
    const draft = {
      prompt: 'Hi',
      system: 'Be short.',
      columns: [{ model: 'a/b', parameters: { temperature: 0, stop: ['x'] } }],
    }
    expect(draftOf(JSON.stringify(draft))).toEqual(draft)
  })

  it('takes nothing for what is no draft', () => {
    for (const kept of [null, '', '{', '7', 'null', '[]']) expect(draftOf(kept)).toEqual(noDraft)
    expect(draftOf('{"prompt":7,"columns":[null,{"model":{}},"x"]}')).toEqual({
      ...noDraft,
      columns: [{ model: '', parameters: {} }],
    })
  })

  it('keeps of parameters what we know', () => {
    expect(parametersOf({ temperature: '1', max_tokens: 5, stop: 'END', tools: [], system: '' })).toEqual({
      max_tokens: 5,
      stop: ['END'],
    })
  })
})

describe('columnsFor', () => {
  const kept = [
    { model: 'a/a', parameters: { temperature: 1 } },
    { model: 'b/b', parameters: {} },
  ]
  it('takes the models of the address, with the parameters that were here', () => {
    expect(columnsFor(['b/b', 'a/a', 'a/a'], kept)).toEqual([
      kept[1],
      kept[0],
      { model: 'a/a', parameters: {} },
    ])
    expect(columnsFor(['1', '2', '3', '4', '5'], [])).toHaveLength(4)
  })
  it('reads the address', () => {
    expect(modelsOf('a/b, c/d,')).toEqual(['a/b', 'c/d'])
    expect(modelsOf(undefined)).toEqual([])
  })
})
