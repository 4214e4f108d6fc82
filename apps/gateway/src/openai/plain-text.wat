;; Passes over a JSON text sixteen bytes at a time. `npm run snapshots` writes plain-text.wasm.ts from it.
(module
  ;; 64 KiB for the bytes, room behind them that a last load of sixteen may reach into, and two tables of 256.
  (memory (export "memory") 2)
  ;; Second bytes of the escapes of two: " / \ b f n r t
  (data (i32.const 0x10122) "\01")
  (data (i32.const 0x1012f) "\01")
  (data (i32.const 0x1015c) "\01")
  (data (i32.const 0x10162) "\01")
  (data (i32.const 0x10166) "\01")
  (data (i32.const 0x1016e) "\01")
  (data (i32.const 0x10172) "\01")
  (data (i32.const 0x10174) "\01")
  ;; Hexadecimal digits.
  (data (i32.const 0x10230) "\01\01\01\01\01\01\01\01\01\01")
  (data (i32.const 0x10241) "\01\01\01\01\01\01")
  (data (i32.const 0x10261) "\01\01\01\01\01\01")

  ;; From `at` to the first byte that is neither plain nor part of an escape that exists, or to `end`. An escape that
  ;; `end` cuts is stopped at. Bit 30 of the answer: an escape was passed over.
  (func (export "skip") (param $at i32) (param $end i32) (result i32)
    (local $block v128) (local $special i32) (local $escaped i32)
    (block $stop
      (loop $next
        (loop $plain
          (br_if $stop (i32.ge_u (local.get $at) (local.get $end)))
          (local.set $block (v128.load (local.get $at)))
          ;; A bit for each quote, backslash and byte below 0x20.
          (local.set $special
            (i8x16.bitmask
              (v128.or
                (v128.or
                  (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x22)))
                  (i8x16.eq (local.get $block) (i8x16.splat (i32.const 0x5c))))
                (i8x16.lt_u (local.get $block) (i8x16.splat (i32.const 0x20))))))
          (if (i32.eqz (local.get $special))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 16)))
              (br $plain))))
        (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $special))))
        (br_if $stop (i32.ge_u (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
        (br_if $stop (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x5c)))
        (if (i32.load8_u offset=0x10100 (i32.load8_u offset=1 (local.get $at)))
          (then
            (local.set $escaped (i32.const 0x40000000))
            (local.set $at (i32.add (local.get $at) (i32.const 2)))
            (br $next)))
        (br_if $stop (i32.ne (i32.load8_u offset=1 (local.get $at)) (i32.const 0x75)))
        (br_if $stop (i32.gt_u (i32.add (local.get $at) (i32.const 6)) (local.get $end)))
        (if (i32.and
              (i32.and
                (i32.load8_u offset=0x10200 (i32.load8_u offset=2 (local.get $at)))
                (i32.load8_u offset=0x10200 (i32.load8_u offset=3 (local.get $at))))
              (i32.and
                (i32.load8_u offset=0x10200 (i32.load8_u offset=4 (local.get $at)))
                (i32.load8_u offset=0x10200 (i32.load8_u offset=5 (local.get $at)))))
          (then
            (local.set $escaped (i32.const 0x40000000))
            (local.set $at (i32.add (local.get $at) (i32.const 6)))
            (br $next)))))
    ;; The last sixteen may reach beyond the end.
    (i32.or
      (select (local.get $end) (local.get $at) (i32.gt_u (local.get $at) (local.get $end)))
      (local.get $escaped)))
)
