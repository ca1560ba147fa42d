/**
 * Writes small ONNX models byte by byte (protobuf, github.com/onnx/onnx/blob/main/onnx/onnx.proto),
 * for models that no training would give: slow, wrong or not a probability.
 */
type Bytes = readonly number[];

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return [...bytes, Number(left)];
}
const int = (field: number, value: number): Bytes => [...varint(field << 3), ...varint(value)];
const message = (field: number, ...parts: readonly Bytes[]): Bytes => {
  const body = parts.flat();
  return [...varint((field << 3) | 2), ...varint(body.length), ...body];
};
const text = (field: number, value: string): Bytes =>
  message(field, [...new TextEncoder().encode(value)]);

const float32 = (value: number): Bytes => [...new Uint8Array(Float32Array.of(value).buffer)];

/** A named tensor; null stands for the batch. */
const value = (field: number, name: string, type: number, shape: readonly (number | null)[]) =>
  message(
    field,
    text(1, name),
    message(
      2,
      message(
        1,
        int(1, type),
        message(
          2,
          ...shape.map((size) => message(1, size === null ? text(2, 'batch') : int(1, size))),
        ),
      ),
    ),
  );

const node = (
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...attributes: readonly Bytes[]
): Bytes =>
  message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...attributes.map((attribute) => message(5, attribute)),
  );
const intAttribute = (name: string, number: number): Bytes =>
  [text(1, name), int(3, number), int(20, 2)].flat();
const intsAttribute = (name: string, numbers: readonly number[]): Bytes =>
  [text(1, name), ...numbers.map((number) => int(8, number)), int(20, 7)].flat();
const graphAttribute = (name: string, graph: readonly Bytes[]): Bytes =>
  [text(1, name), message(6, ...graph), int(20, 5)].flat();
const constant = (name: string, number: number): Bytes =>
  message(5, int(2, FLOAT), text(8, name), message(9, float32(number)));

function model(width: number, ...body: readonly Bytes[]): Uint8Array {
  return Uint8Array.from([
    ...int(1, 8),
    ...message(
      7,
      ...body,
      text(2, 'test'),
      value(11, 'features', FLOAT, [null, width]),
      value(12, 'probability', FLOAT, [null, 1]),
    ),
    ...message(8, text(1, ''), int(2, 13)),
  ]);
}

const rowMean = (output: string): Bytes =>
  node('ReduceMean', ['features'], [output], intsAttribute('axes', [1]));

/** Answers the mean of a row: any number, a probability or not. */
export function meanModel(width: number): Uint8Array {
  return model(width, rowMean('probability'));
}

/** The mean of the row and a little of the whole batch: its answers depend on their company. */
export function companyModel(width: number): Uint8Array {
  return model(
    width,
    rowMean('mean'),
    node('ReduceMean', ['features'], ['all'], intAttribute('keepdims', 0)),
    constant('little', 1e-5),
    node('Mul', ['all', 'little'], ['company']),
    node('Add', ['mean', 'company'], ['probability']),
  );
}

/**
 * The mean of a row, after a million turns of a loop for each unit of the largest value in the
 * batch.
 */
export function slowModel(width: number): Uint8Array {
  const body = [
    node('Identity', ['go_on'], ['go_on_out']),
    node('Identity', ['carried'], ['carried_out']),
    text(2, 'turn'),
    value(11, 'turn', INT64, []),
    value(11, 'go_on', BOOL, []),
    value(11, 'carried', FLOAT, [null, 1]),
    value(12, 'go_on_out', BOOL, []),
    value(12, 'carried_out', FLOAT, [null, 1]),
  ];
  return model(
    width,
    rowMean('mean'),
    node('ReduceMax', ['features'], ['largest'], intAttribute('keepdims', 0)),
    constant('million', 1e6),
    node('Mul', ['largest', 'million'], ['turns_float']),
    node('Cast', ['turns_float'], ['turns'], intAttribute('to', INT64)),
    node('Loop', ['turns', '', 'mean'], ['probability'], graphAttribute('body', body)),
  );
}
