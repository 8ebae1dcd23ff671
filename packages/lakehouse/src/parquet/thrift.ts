// Thrift's compact protocol, reading only: the footer of a Parquet file is one struct in it. Values come back as
// numbers, byte arrays, lists and maps from field number to value; the caller knows which is which.
// Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

/** A decoded Thrift value. */
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct

/** A decoded Thrift struct: values by field number. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

const STOP = 0
const BOOLEAN_TRUE = 1
const BOOLEAN_FALSE = 2
const BYTE = 3
const I16 = 4
const I32 = 5
const I64 = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const SET = 10
const STRUCT = 12

/**
 * Decodes one struct.
 *
 * @throws RangeError when the bytes are no such struct
 */
export function readStruct(bytes: Uint8Array): ThriftStruct {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0

  const byte = (): number => {
    if (at >= bytes.length) throw new RangeError(`the footer ends inside a value, at byte ${at}`)
    return bytes[at++]!
  }
  // Up to 2^53 exactly: offsets and counts are far below.
  const varint = (): number => {
    let value = 0
    let scale = 1
    for (;;) {
      const next = byte()
      value += (next & 0x7f) * scale
      if (next < 0x80) return value
      scale *= 128
      if (scale > 2 ** 63) throw new RangeError(`a number in the footer is too long, at byte ${at}`)
    }
  }
  const zigzag = (): number => {
    const value = varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  const binary = (): Uint8Array => {
    const length = varint()
    if (at + length > bytes.length)
      throw new RangeError(`the footer ends inside a text, at byte ${at}`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const value = (type: number, depth: number): ThriftValue => {
    if (depth > 16) throw new RangeError('the footer is nested too deeply')
    switch (type) {
      case BOOLEAN_TRUE:
      case BOOLEAN_FALSE:
        return type === BOOLEAN_TRUE
      case BYTE:
        return (byte() << 24) >> 24
      case I16:
      case I32:
      case I64:
        return zigzag()
      case DOUBLE: {
        if (at + 8 > bytes.length)
          throw new RangeError(`the footer ends inside a float, at byte ${at}`)
        at += 8
        return view.getFloat64(at - 8, true)
      }
      case BINARY:
        return binary()
      case LIST:
      case SET: {
        const header = byte()
        const size = header >> 4 === 15 ? varint() : header >> 4
        if (size > bytes.length)
          throw new RangeError(`a list in the footer is too long, at byte ${at}`)
        const items: ThriftValue[] = []
        const itemType = header & 0x0f
        for (let i = 0; i < size; i++) {
          // In a list a truth value takes a byte of its own.
          items.push(
            itemType <= BOOLEAN_FALSE ? byte() === BOOLEAN_TRUE : value(itemType, depth + 1),
          )
        }
        return items
      }
      case STRUCT:
        return struct(depth + 1)
      default:
        throw new RangeError(`the footer holds an unknown kind of value, ${type}, at byte ${at}`)
    }
  }
  const struct = (depth: number): ThriftStruct => {
    const fields = new Map<number, ThriftValue>()
    let field = 0
    for (;;) {
      const header = byte()
      const type = header & 0x0f
      if (type === STOP) return fields
      const delta = header >> 4
      field = delta === 0 ? zigzag() : field + delta
      fields.set(field, value(type, depth))
    }
  }
  return struct(0)
}
