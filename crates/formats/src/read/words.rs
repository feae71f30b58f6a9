//! The words of headings, in eight languages, and what a column under them holds.
//!
//! Headings are folded first: lower case, no accents, everything but letters and digits a blank.

use std::collections::HashMap;
use std::sync::LazyLock;

use whomade_core::observation::Field;

use super::Use;

/// What a heading claims for its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The use.
    pub(crate) used_as: Use,
    /// Whether it gives way to another column with the same use.
    pub(crate) weak: bool,
}

const fn strong(field: Field) -> Claim {
    Claim { used_as: Use::Field(field), weak: false }
}

const fn weak(field: Field) -> Claim {
    Claim { used_as: Use::Field(field), weak: true }
}

/// Words by which somebody logs in: not read.
const SECRET: Claim = Claim { used_as: Use::Ignored, weak: true };

const NAME: Claim = Claim { used_as: Use::Name, weak: false };
const NAME_WEAK: Claim = Claim { used_as: Use::Name, weak: true };
const CONTEXT: Claim = Claim { used_as: Use::Context, weak: false };
const INSTALLED: Claim = Claim { used_as: Use::Installed, weak: false };
const INSTALLED_WEAK: Claim = Claim { used_as: Use::Installed, weak: true };

/// Whole headings, parted by commas.
static WHOLE: &[(Claim, &str)] = &[
    (strong(Field::Company), "company, register company"),
    (
        weak(Field::Product),
        "product, item, item description, description, product description, product name, \
         equipment, equipment description, device description, goods, beschreibung, artikel, \
         produkt, produktname, produktbezeichnung, artikelbezeichnung, gerat, produit, \
         designation, equipement, article, materiel, descripcion, producto, equipo, articulo, \
         descricao, produto, equipamento, descrizione, prodotto, apparecchio, articolo, \
         omschrijving, product omschrijving, apparatuur, opis, nazwa produktu, sprzet",
    ),
    (
        NAME,
        "name, camera name, camera id, camera no, camera number, camera ref, device name, \
         device id, device no, asset, asset id, asset tag, asset no, asset number, asset name, \
         asset ref, equipment id, unit id, kennung, geratename, gerate id, kameraname, kamera \
         id, kamera nr, inventarnummer, inventar nr, anlagennummer, nom, nom de la camera, nom \
         camera, identifiant, numero d inventaire, n d inventaire, nombre, identificador, \
         nombre de la camara, numero de inventario, nome, nome da camera, nome dispositivo, \
         identificativo, nome telecamera, numero inventario, naam, cameranaam, apparaatnaam, \
         inventarisnummer, nazwa, nazwa urzadzenia, nazwa kamery, numer inwentarzowy, nr \
         inwentarzowy, identyfikator, cctv id, cctv ref, asset code, device tag, \
         equipment tag, equipment no, equipment number, unit no, unit number, tag no, tag \
         number, camera tag, cam, cam no, cam id, cam name, cam ref, kameranummer, kamera \
         nummer, kamera name, kamera bezeichnung, kamerabezeichnung, geratenummer, gerate nr, \
         geratebezeichnung, betriebsmittelkennzeichen, bmk, anlagenkennzeichen, akz, repere, \
         repere camera, numero de camera, numero camera, n camera, no camera, code camera, code \
         equipement, id camera, n de camara, numero de camara, codigo camara, codigo de camara, \
         id camara, numero de activo, codigo de activo, etiqueta, numero da camera, codigo da \
         camera, id da camera, patrimonio, numero de patrimonio, n patrimonio, tombamento, \
         numero telecamera, n telecamera, id telecamera, codice telecamera, codice inventario, \
         id dispositivo, cameranummer, camera nummer, camera nr, apparaatnummer, inventaris nr, \
         nr kamery, numer kamery, id kamery, oznaczenie kamery, nr urzadzenia, numer \
         urzadzenia, id urzadzenia",
    ),
    (
        NAME_WEAK,
        "id, tag, ref, ref no, n, num, device, camera, cameras, unit, no, nr, kamera, camara, \
         telecamera, bezeichnung, lfd nr, dispositivo, urzadzenie, apparaat, numero, numer, \
         channel name, reference, channel, kenmerk, codice, codigo, code, kod, \
         oznaczenie, pos, n ordre, hardwarename, \
         n d ordre, n cam, num camera, nr cam",
    ),
    (
        INSTALLED,
        "installed, install date, installation date, date installed, installed on, date of \
         installation, purchase date, date of purchase, purchased, purchased on, commissioned, \
         commissioning date, in service since, in service, einbaudatum, eingebaut, eingebaut \
         am, installationsdatum, installiert am, installiert, inbetriebnahme, \
         inbetriebnahmedatum, kaufdatum, anschaffungsdatum, date d installation, date \
         installation, date de pose, installe le, mise en service, date de mise en service, \
         date d achat, fecha de instalacion, fecha instalacion, instalado, fecha de compra, \
         data de instalacao, data instalacao, data da instalacao, data de compra, data di \
         installazione, data installazione, installato, installato il, data acquisto, data di \
         acquisto, installatiedatum, datum installatie, geinstalleerd, geplaatst op, \
         aankoopdatum, data instalacji, zainstalowano, data montazu, data zakupu, test date, \
         year installed, install year, installed date, montagedatum, montiert am, in betrieb \
         seit, anschaffung, anschaffungsjahr, kaufjahr, date d acquisition, date achat, date \
         pose, annee d installation, annee installation, installee le, fecha de adquisicion, \
         fecha compra, fecha de puesta en servicio, puesta en servicio, fecha de alta, ano de \
         instalacion, data de aquisicao, data da compra, ano de instalacao, instalado em, anno \
         di installazione, anno installazione, data di messa in servizio, data messa in \
         servizio, aanschafdatum, installatie datum, ingebruikname, datum ingebruikname, jaar \
         van installatie, data uruchomienia, rok instalacji, rok montazu, date fitted, fitted \
         date, fitted on, date of fitting, fitting date, fit date, year fitted, date of install, \
         inst date, date inst, install day, year of installation, year of install, commission \
         date, date commissioned, date of commissioning, commissioned on, go live, go live date, \
         date live, live date, live since, in use since",
    ),
    (
        INSTALLED_WEAK,
        "date, datum, fecha, data, order date, delivery date, fitted, install, year, annee, jahr, \
         ano, anno, jaar, rok",
    ),
    (
        strong(Field::Ip),
        "ip, ip address, ipv4, ipv4 address, ipv6, ipv6 address, ip adresse, adresse ip, direccion \
         ip, endereco ip, indirizzo ip, ip adres, adres ip, management ip, mgmt ip, device ip, \
         camera ip, host ip, primary ip, primary ip4, primary ipv4, ip addr, ipaddr, ipaddress, \
         ipv4address, hardwareaddress, \
         ipv4 adresse, adresse ipv4, direccion ipv4, endereco ipv4, indirizzo ipv4, ipv4 adres, \
         adres ipv4",
    ),
    (strong(Field::TlsFingerprint), "certificate sha256, cert sha256, tls fingerprint"),
    (strong(Field::Hostname), "hostname, host name, dns name, rechnername"),
    (strong(Field::HttpServer), "server, http server, server header, banner"),
    (strong(Field::HttpTitle), "http title, page title, title, html title"),
    (strong(Field::AuthRealm), "realm, auth realm, www authenticate"),
    (strong(Field::Snmp), "sysdescr, snmp, system description"),
    (strong(Field::TlsSubject), "tls subject, certificate subject, cert subject"),
    (strong(Field::TlsIssuer), "tls issuer, certificate issuer, cert issuer"),
    (strong(Field::Hardware), "hardware, hardware id, hardware version, hw version"),
    (strong(Field::DhcpClass), "vendor class, dhcp vendor class, option 60"),
    (strong(Field::OnvifManufacturer), "onvif manufacturer"),
    (strong(Field::MacRegistrant), "mac registrant, mac vendor, oui vendor"),
    (weak(Field::Firmware), "version, wersja, versie, versione, versao, software, micrologiciel"),
    (
        CONTEXT,
        "model year, camera type, device type, product type, type of camera, make of lens, \
         version date, name of site, fw date, unknown maker, no rule, not bound, nvr, dvr, xvr, \
         nvr dvr, recorder, recorder name, recorder id, nvr name, nvr id, dvr name, connected \
         nvr, connected recorder, rekorder, enregistreur, grabador, registratore, gravador, \
         rejestrator",
    ),
];

/// Words and groups of words within a heading; the first line with a hit wins.
static PARTS: LazyLock<Vec<(Claim, Vec<&str>)>> = LazyLock::new(|| {
    PARTS_AS_WRITTEN.iter().map(|(claim, words)| (*claim, words.split(", ").collect())).collect()
});

/// The same as they are written, parted by commas.
static PARTS_AS_WRITTEN: &[(Claim, &str)] = &[
    (SECRET, SECRETS),
    (CONTEXT, "mac vendor, mac registrant"),
    (
        strong(Field::Mac),
        "mac, macaddress, macadresse, mac1, mac2, macs, hwaddr, oui, hardware address, \
         ethernet address, physical address, physikalische adresse, lladdr, adresse physique, \
         direccion fisica, endereco fisico, indirizzo fisico, fysiek adres, adres fizyczny, \
         hardwareadresse",
    ),
    (strong(Field::FccId), "fcc, fccid"),
    (
        strong(Field::Firmware),
        "firmware, fw, f w, firmwareversion, firmwarestand, softwarestand, software version, sw \
         version, softwareversion, version logicielle, logiciel, oprogramowania, \
         oprogramowanie, version de software, versione software, versao do software, build, \
         micrologiciel, softwareversie, firmwareversie, wersja programu",
    ),
    (
        strong(Field::Serial),
        "serial, serialnumber, serialno, serials, s n, sn, seriennummer, seriennr, serien, \
         seriennummern, numero de serie, n de serie, no de serie, nr de serie, num de serie, n \
         serie, numero serie, numero di serie, numero seriale, seriale, matricola, \
         serienummer, serienr, seryjny, seryjne, serijny, serie nummer, serie nr, serie no, nr \
         ser, ser nr, ser no, fabriknummer, fabriknr, fabrik nr, fabryczny",
    ),
    (
        strong(Field::Model),
        "model, models, modell, modele, modeles, modelo, modelos, modello, modelli, modelu, \
         modelname, modelnumber, modelnummer, modelno, modellnummer, modellnr, \
         modellbezeichnung, typenbezeichnung, \
         typbezeichnung, typenschild, modelnaam, typnummer, typ nr, typennummer, typenummer, type \
         nummer, type nr, type no, type number, oznaczenie typu",
    ),
    (
        weak(Field::Model),
        "part number, part no, partnumber, part nr, p n, pn, mpn, sku, item number, item no, \
         article number, article no, product code, product number, product no, catalogue \
         number, catalog number, cat no, artikelnummer, artikelnr, artikel nr, bestellnummer, \
         produktnummer, teilenummer, reference produit, reference fabricant, reference \
         constructeur, code article, code produit, codigo de producto, referencia, codigo do \
         produto, codice prodotto, codice articolo, artikelcode, productcode, kod produktu, \
         numer katalogowy, nr katalogowy",
    ),
    (
        CONTEXT,
        "country, website, url, contact, warranty, phone, email, support, manufacture date, \
         manufacturing date, herstellungsdatum, baujahr, garantie, garantia, garanzia, \
         gwarancja, herstellerland",
    ),
    (
        strong(Field::Label),
        "make, makes, brand, brands, manufacturer, manufacturers, mfr, mfg, maker, vendor, \
         oem, label, hersteller, marke, fabrikat, marque, fabricant, constructeur, marca, \
         fabricante, produttore, costruttore, merk, fabrikant, marka, producent, producenta, \
         producentem, wytworca, merknaam, herstellername, manufactured by, made by, fabrikaat, \
         herstellerfirma, geratehersteller, kamerahersteller, fabricado por, fabrique par, \
         prodotto da, vervaardigd door",
    ),
    // English.
    (
        CONTEXT,
        "site, sites, building, location, position, place, room, floor, area, zone, address, \
         street, city, town, postcode, zip, region, department, owner, supplier, reseller, dealer, \
         contractor, installer, installed by, ip, ipv4, ipv6, subnet, vlan, port, switch, \
         purpose, use, function, notes, note, comment, comments, remark, remarks, status, \
         condition, price, cost, value, type, category, kind, class, resolution, lens, \
         quantity, qty, profiles, network, system, contract, operator, district, station, \
         school, ward, latitude, longitude",
    ),
    // German.
    (
        CONTEXT,
        "standort, gebaude, ort, raum, etage, stockwerk, adresse, strasse, stadt, lieferant, \
         errichter, bemerkung, bemerkungen, kommentar, zweck, kategorie, typ, art, netz, \
         netzwerk, abteilung, bereich, notiz, notizen, anzahl, preis, zustand, liegenschaft, \
         geratetyp, kameratyp",
    ),
    // French.
    (
        CONTEXT,
        "batiment, lieu, emplacement, localisation, salle, fournisseur, remarque, remarques, \
         commentaire, commentaires, ville, usage, installateur, categorie, etat, quantite, \
         prix, reseau, rue, piece",
    ),
    // Spanish.
    (
        CONTEXT,
        "sitio, edificio, ubicacion, lugar, planta, proveedor, observaciones, notas, ciudad, \
         uso, tipo, zona, sala, direccion, categoria, cantidad, precio, estado, finalidad, \
         instalador",
    ),
    // Portuguese.
    (
        CONTEXT,
        "local, predio, localizacao, andar, fornecedor, observacoes, cidade, quantidade, \
         preco, endereco, finalidade, piso, sitios",
    ),
    // Italian.
    (
        CONTEXT,
        "sede, posizione, ubicazione, luogo, piano, stanza, fornitore, citta, scopo, quantita, \
         prezzo, stato, indirizzo, installatore, osservazioni",
    ),
    // Dutch.
    (
        CONTEXT,
        "locatie, gebouw, plaats, ruimte, verdieping, leverancier, opmerking, opmerkingen, \
         doel, stad, adres, soort, aantal, prijs, afdeling",
    ),
    // Polish.
    (
        CONTEXT,
        "lokalizacja, budynek, miejsce, pietro, pomieszczenie, dostawca, uwagi, miasto, \
         przeznaczenie, strefa, ulica, ilosc, cena, stan, wydzial, rodzaj, obiekt",
    ),
    (NAME_WEAK, "asset, camera, kamera, inventory, inventar, inventaire, inventario"),
];

/// Words of headings over what somebody logs in with.
const SECRETS: &str = "password, passwords, passwort, passworter, kennwort, mot de passe, mdp, \
     contrasena, clave, senha, palavra passe, parola d ordine, wachtwoord, haslo, passphrase, \
     username, user name, login, benutzername, nom d utilisateur, nombre de usuario, usuario, \
     nome utente, utente, gebruikersnaam, nazwa uzytkownika, hardwarepassword, hardwareusername, \
     snmp community, community string, api key, token";

/// Whether what somebody logs in with stands under a heading.
pub(crate) fn is_secret(heading: &str) -> bool {
    let folded = fold(heading);
    SECRETS.split(", ").any(|word| has(&folded, word))
}

/// Whether a heading is of an address of some sort, and says no more.
pub(crate) fn is_address(heading: &str) -> bool {
    const WORDS: &str = "address, adresse, direccion, endereco, indirizzo, adres, network address, \
         device address, host address, netzwerkadresse, uri, url";
    let folded = fold(heading);
    WORDS.split(", ").any(|word| folded == word)
}

/// Headings under which one register writes the model number and another the sort of device; the
/// cells tell which. A heading of several words counts by its first or last.
static TYPES: &[&str] =
    &["typ", "type", "tipo", "soort", "rodzaj", "geratetyp", "kameratyp", "cameratype"];

/// The same, where the heading may also be that of the device's own name.
static TYPES_OR_NAMES: &[&str] = &["reference", "ref", "symbol", "code", "codice", "codigo", "kod"];

/// Headings of numbers that count rows: a device's name only where it has no other.
static ROW_NUMBERS: &[&str] =
    &["n", "no", "nr", "num", "numero", "numer", "lfd nr", "pos", "n ordre", "n d ordre"];

/// Whether the cells under a heading may only count the rows.
pub(crate) fn counts_rows(heading: &str) -> bool {
    ROW_NUMBERS.contains(&fold(heading).as_str())
}

/// Words of English headings over days.
const ENGLISH_OF_DAYS: &str = "installed install installation date of on purchase purchased \
     commissioned commissioning commission in service since test year order delivery fitted \
     fitting fit inst day go live use";

/// Whether a heading over days may be English; abroad the day comes first.
pub(crate) fn may_be_english(heading: &str) -> bool {
    let known = |word: &str| ENGLISH_OF_DAYS.split_whitespace().any(|one| one == word);
    fold(heading).split_whitespace().all(known)
}

/// Whether model numbers may stand under a heading that does not say so.
pub(crate) fn may_be_model(heading: &str) -> bool {
    let folded = fold(heading);
    let mut words = folded.split(' ');
    let ends = [words.next(), words.next_back()];
    TYPES_OR_NAMES.contains(&folded.as_str())
        || ends.into_iter().flatten().any(|word| TYPES.contains(&word))
}

/// Headings of the place where a device hangs, the wider ones first: a site holds many devices, a
/// room one.
static SITES: &[&str] = &[
    "site, sites, site name, standort, liegenschaft, sitio, sede, locatie, lokalizacja, obiekt, \
     school, station, ward, depot, objekt, etablissement, instalacion",
    "building, gebaude, batiment, edificio, predio, gebouw, budynek",
    "location, lieu, emplacement, localisation, ubicacion, lugar, local, localizacao, posizione, \
     ubicazione, luogo, plaats, miejsce, ort, place",
    "address, adresse, direccion, endereco, indirizzo, adres",
    "district, department, abteilung, afdeling, wydzial, town, city, stadt, ville, ciudad, \
     cidade, citta, stad, miasto",
];

/// How likely the cells under a heading are sites, 0 the likeliest; none when they are not.
pub(crate) fn site_rank(heading: &str) -> Option<usize> {
    let folded = fold(heading);
    SITES.iter().position(|words| words.split(", ").any(|word| has(&folded, word)))
}

/// Headings of who sold or installed a device, the likeliest first.
static SUPPLIERS: &[&str] = &[
    "supplier, supplied by, lieferant, fournisseur, proveedor, leverancier, fornitore, fornecedor",
    "vendor, seller, sold by, reseller, dealer, bought from, purchased from, distributor",
    "installed by, installer, integrator, contractor, installateur, instalador, errichter",
];

/// How likely the cells under a heading name who sold it, 0 the likeliest; none when they do not.
pub(crate) fn supplier_rank(heading: &str) -> Option<usize> {
    let folded = fold(heading);
    let dated = ABOUT.iter().any(|word| has(&folded, word));
    let ranked = SUPPLIERS.iter().position(|words| words.split(", ").any(|one| has(&folded, one)));
    ranked.filter(|_| !dated)
}

/// Headings of the recorder on which a camera hangs, the likeliest first.
static RECORDERS: &[&str] =
    &["recorder, nvr, dvr, xvr, rekorder, enregistreur, grabador, registratore, rejestrator, \
     gravador, recorder name, nvr name"];

/// Words that make something else of a heading about a recorder than its name.
static OF_RECORDER: &[&str] = &[
    "model", "make", "type", "ip", "address", "serial", "mac", "port", "channel", "firmware",
    "version", "password", "user", "kanal", "canal", "canale", "modell", "modelo", "modele",
];

/// How likely the cells under a heading name a recorder, 0 the likeliest; none when they do not.
pub(crate) fn recorder_rank(heading: &str) -> Option<usize> {
    let folded = fold(heading);
    let of = OF_RECORDER.iter().any(|word| has(&folded, word));
    let ranked = RECORDERS.iter().position(|words| words.split(", ").any(|one| has(&folded, one)));
    ranked.filter(|_| !of)
}

/// Words that make a date or a note of a heading about firmware.
static ABOUT: &[&str] = &["date", "datum", "fecha", "data", "updated", "update", "checked", "ok"];

/// Headings are short.
const HEADING_WORDS_MAX: usize = 7;

/// What a heading says of its column.
pub(crate) fn claim(heading: &str) -> Option<Claim> {
    let folded = fold(heading);
    if folded.is_empty() || folded.len() > 80 {
        return None;
    }
    whole(&folded)
        .or_else(|| whole(&fold(&without_brackets(heading))))
        .or_else(|| field_id(&folded))
        .or_else(|| parts(&folded))
}

fn whole(folded: &str) -> Option<Claim> {
    static CLAIMS: LazyLock<HashMap<&str, Claim>> = LazyLock::new(|| {
        let mut claims = HashMap::new();
        for (claim, words) in WHOLE {
            for word in words.split(", ") {
                claims.entry(word).or_insert(*claim);
            }
        }
        claims
    });
    CLAIMS.get(folded).copied()
}

/// The heading is the name of a field, as in a table that this program wrote.
fn field_id(folded: &str) -> Option<Claim> {
    let id = folded.replace(' ', "-");
    Field::from_id(&id).map(strong)
}

fn parts(folded: &str) -> Option<Claim> {
    // A sentence that happens to hold the word is no heading.
    if folded.split(' ').count() > HEADING_WORDS_MAX {
        return None;
    }
    let claims = |field: Field| {
        PARTS.iter().any(|(claim, words)| {
            claim.used_as == Use::Field(field) && !claim.weak && any_of(folded, words)
        })
    };
    let first = PARTS.iter().find(|(_, words)| any_of(folded, words))?.0;
    match first.used_as {
        // "Make/Model": one column holds both.
        Use::Field(Field::Model) if !first.weak && claims(Field::Label) => {
            let both = folded.split(' ').count() <= 4;
            Some(if both { strong(Field::Product) } else { first })
        }
        // "Marke/Typ" is the same; a type alone may be anything.
        Use::Field(Field::Label) if may_be_model(folded) && folded.split(' ').count() <= 4 => {
            Some(strong(Field::Product))
        }
        Use::Field(Field::Firmware) if ABOUT.iter().any(|word| has(folded, word)) => Some(CONTEXT),
        _ => Some(first),
    }
}

/// Whether one of the groups of words stands in a folded heading.
fn any_of(folded: &str, words: &[&str]) -> bool {
    words.iter().any(|word| has(folded, word))
}

/// Whether a group of words stands in a folded heading as whole words.
fn has(folded: &str, words: &str) -> bool {
    let mut rest = folded;
    // A heading is folded: its words are parted by single blanks.
    while rest.len() >= words.len() {
        if let Some(after) = rest.strip_prefix(words)
            && (after.is_empty() || after.starts_with(' '))
        {
            return true;
        }
        match rest.split_once(' ') {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    false
}

fn without_brackets(heading: &str) -> String {
    let mut depth = 0_u32;
    heading
        .chars()
        .filter(|character| match character {
            '(' | '[' => {
                depth += 1;
                false
            }
            ')' | ']' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// A heading in lower case, without accents, every other character a single blank.
pub(crate) fn fold(heading: &str) -> String {
    let mut folded = String::with_capacity(heading.len());
    for character in heading.chars().take(400).flat_map(char::to_lowercase) {
        match plain(character) {
            Some(plain) => folded.push_str(plain),
            None if character.is_alphanumeric() => folded.push(character),
            None if is_combining(character) => {}
            None if folded.ends_with(' ') || folded.is_empty() => {}
            None => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

const fn is_combining(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

/// The plain letter of one with an accent, as the eight languages have them.
const fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => "a",
        'ç' | 'ć' | 'č' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'ę' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ł' => "l",
        'ñ' | 'ń' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => "o",
        'ś' | 'š' => "s",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ÿ' | 'ý' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ß' => "ss",
        'œ' => "oe",
        'æ' => "ae",
        // "N°" and "nº" are numbers; the sign itself says nothing.
        'º' | 'ª' => "",
        '\u{2116}' => "no",
        _ => return None,
    })
}
