const en = {
  signIn: 'Sign in',
  signOut: 'Sign out',
  signInWhy: 'Reading needs no account on this machine; commands do.',
  notReady:
    'Nobody has a password yet. Open the set-up link that the first start printed, or run: bin/spark users setup-link admin',
  name: 'Name',
  password: 'Password',
  again: 'Your password again',
  againWhy: 'This adds risk, so it asks for your password. It then counts for 10 minutes. Brakes never ask.',
  confirm: 'Confirm',
  setUp: 'Choose your password',
  setUpWhy: 'At least 12 characters; a few unusual words in a row are good. The link works once.',
  setUpDo: 'Set the password and sign in',
  noLink: 'This page is opened by a set-up link. An administrator makes one, or: bin/spark users setup-link NAME',
  needed: 'Sign in to see this.',
}

const tr: typeof en = {
  signIn: 'Oturum aç',
  signOut: 'Oturumu kapat',
  signInWhy: 'Bu makinede okumak hesap istemez; komutlar ister.',
  notReady:
    'Henüz kimsenin parolası yok. İlk açılışta yazılan kurulum bağlantısını açın ya da çalıştırın: bin/spark users setup-link admin',
  name: 'Ad',
  password: 'Parola',
  again: 'Parolanız, yeniden',
  againWhy: 'Bu, risk ekler; o yüzden parolanız sorulur ve 10 dakika geçerli olur. Frenler hiç sormaz.',
  confirm: 'Onayla',
  setUp: 'Parolanızı seçin',
  setUpWhy: 'En az 12 karakter; arka arkaya birkaç sıra dışı sözcük iyidir. Bağlantı bir kez çalışır.',
  setUpDo: 'Parolayı koy ve oturum aç',
  noLink: 'Bu sayfa bir kurulum bağlantısıyla açılır. Bir yönetici hazırlar ya da: bin/spark users setup-link AD',
  needed: 'Bunu görmek için oturum açın.',
}

export const session = { en, tr }
