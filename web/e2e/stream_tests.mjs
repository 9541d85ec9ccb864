export function stream_tests() {
}
