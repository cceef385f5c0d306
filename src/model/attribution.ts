/** Which app or SDK probably sent something: a hint for people, with what it rests on. Anybody can write a header. */
export interface Attribution {
  /** e.g. `com.example.app`, `Firebase Crashlytics in com.example.app`, `an app using OkHttp 4.12.0`. */
  name: string;
  /** One sentence. Never contains an identifier of the phone. */
  reason: string;
  /** Where it stood: `header:x-requested-with`, `host`, `ja4`; several are separated by commas. */
  evidence: string;
}
