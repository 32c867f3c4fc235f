"""What users of comparable systems reported as read wrongly, each with what is right."""

import pytest

from onset.text.normalize import clean

REPORTED = [
    # language, written, said
    ("en-us", "Thutmose II", "Thutmose the second"),
    ("en-us", "World War II", "World War two"),
    ("en-us", "Chapter IV", "Chapter four"),
    ("en-us", "between 1914 and 1918", "between nineteen fourteen and nineteen eighteen"),
    ("en-us", "100 kph", "one hundred kilometers per hour"),
    ("en-us", "72 bpm", "seventy-two beats per minute"),
    ("en-us", "2 tbsp", "two tablespoons"),
    ("en-us", "60 fps", "sixty frames per second"),
    ("en-us", "2 1/2 cups", "two and a half cups"),
    ("en-us", "50/50", "fifty fifty"),
    ("en-us", "9/11", "nine eleven"),
    ("es", "1/2 taza", "media taza"),
    ("en-us", "F-16", "F-sixteen"),
    ("en-us", "vitamin B-12", "vitamin B-twelve"),
    ("en-us", "I-95", "I-ninety-five"),
    ("en-us", "Table 4.5.11", "Table four dot five dot eleven"),
    ("en-us", "Python 3.11.10", "Python three dot eleven dot ten"),
    ("en-us", "0800 123 456", "zero eight zero zero, one two three, four five six"),
    ("en-us", "call 911", "call nine one one"),
    ("en-us", "PIN 1234", "PIN one two three four"),
    ("en-us", "Chapter 01", "Chapter one"),
    ("en-us", "23 x 5 = 115", "twenty-three times five equals one hundred fifteen"),
    ("en-us", "2x4", "two by four"),
    ("en-us", "50 x 30 cm", "fifty by thirty centimeters"),
    ("en-us", "a != b", "a is not equal to b"),
    ("en-us", "x == y", "x equals y"),
    ("en-us", "a <= b", "a is less than or equal to b"),
    ("en-us", "a -> b", "a to b"),
    ("en-us", "a += 1", "a plus equals one"),
    ("en-us", 'Hello <break time="800ms"/> world.', "Hello world."),
    ("en-us", "<think>no</think>Yes.", "no Yes."),
    ("en-us", "H<sub>2</sub>O", "H two O"),
    ("en-us", "<td>a</td>", "a"),
    ("en-us", "<emphasis>a</emphasis> b", "a b"),
    ("en-us", '<img src="a.png"> b', "b"),
    ("en-us", "at <time datetime='17:00'>5 pm</time>", "at five P.M."),
    ("en-us", "<reasoning>so it is</reasoning> Yes.", "so it is Yes."),
    ("en-us", "<x-note lang='en'>a</x-note> b", "a b"),
    ("en-us", "<video controls src='a.mp4'></video> b", "b"),
    ("en-us", "one <!-- not this --> two", "one two"),
    ("en-us", "<!DOCTYPE html> Hello", "Hello"),
    ("en-us", "it&rsquo;s", "it's"),
    ("en-us", "a &nothing; b", "a &nothing; b"),
    ("en-us", "it&#8217;s", "it's"),
    ("en-us", "wait&hellip;", "wait…"),
    ("en-us", "caf&eacute;", "café"),
    ("en-us", "10&deg;C", "ten degrees Celsius"),
    ("en-us", "&pound;5", "five pounds"),
    ("en-us", "a &mdash; b", "a — b"),
    ("en-us", "it&#x27;s", "it's"),
    ("en-us", "The sky is blue [1].", "The sky is blue (one)."),
    ("en-us", "blue[^1].", "blue."),
    ("en-us", "see [[1]](https://x.y) now", "see now"),
    ("en-us", "note¹²", "note twelve"),
    ("en-us", "【1†source】", ""),
    ("en-us", "[wiki](https://e.org/A_(b)) x", "wiki x"),
    ("en-us", "note¹", "note one"),
    ("en-us", "H₂O", "H two O"),
    ("en-us", "CO₂", "C O two"),
    ("en-us", "10⁶", "ten to the power of six"),
    ("en-us", "10⁻³", "ten to the power of minus three"),
    ("en-us", "1ˢᵗ", "first"),
    ("en-us", "wasnʼt", "wasn't"),
    ("en-us", "wasn`t", "wasn't"),
    ("pt-br", "10º andar", "décimo andar"),
    ("es", "2ª edición", "segunda edición"),
    ("it", "1ª volta", "prima volta"),
    ("en-us", "It is 5℃.", "It is five degrees Celsius."),
    ("en-us", "₹100", "one hundred rupees"),
    ("en-us", "50¢", "fifty cents"),
    ("en-us", "HK$5", "five Hong Kong dollars"),
    ("en-us", "Sunset Blvd", "Sunset Boulevard"),
    ("en-us", "5 Elm Dr.", "five Elm Drive."),
    ("en-us", "Sgt. Pepper", "Sergeant Pepper"),
    ("en-us", "Martin Luther King Jr.", "Martin Luther King Junior."),
    ("en-us", "AT&T", "A.T. and T"),
    ("en-us", "Mon-Fri", "Monday to Friday"),
    ("en-us", "6 ft. tall", "six feet tall"),
    ("en-us", "Born 1912, died 1954.", "Born nineteen twelve, died nineteen fifty-four."),
    ("en-us", "(Smith, 1998)", "(Smith, nineteen ninety-eight)"),
    ("en-us", "by 1850", "by eighteen fifty"),
    ("en-us", "the summer of 1969", "the summer of nineteen sixty-nine"),
    ("en-us", "World Cup 1966", "World Cup nineteen sixty-six"),
    ("en-us", "the 1980S", "the nineteen eighties"),
    (
        "en-us",
        "from about 1493 to 1479 BC",
        "from about fourteen ninety-three to fourteen seventy-nine BC",
    ),
    ("en-us", "a population of 1800", "a population of one thousand eight hundred"),
    ("en-us", "in 1500 m", "in one thousand five hundred meters"),
    ("en-us", "Page xii", "Page twelve"),
    ("en-us", "60 W", "sixty watts"),
    ("en-us", "230 V", "two hundred thirty volts"),
    ("en-us", "3 L", "three liters"),
    ("en-us", "12 NM", "twelve nautical miles"),
    ("en-us", "1300 555 019", "one three zero zero, five five five, zero one nine"),
    ("en-us", "12:30:15 pm", "twelve thirty and fifteen seconds pm"),
    ("en-us", "10 a.m.-5 p.m.", "ten A.M. to five P.M."),
    ("fr", "M. et Mme Martin", "monsieur et madame Martin"),
    (
        "en-us",
        r"$6{x}_{1} + 4{x}_{2} \leq {24}$",
        "six X one plus four X two is less than or equal to twenty-four",
    ),
    ("en-us", r"\(E = mc^2\)", "E equals mc squared"),
    ("en-us", "So $x = 5$ at $5 or $6.", "So x equals five at five dollars or six dollars."),
    ("en-us", r"\frac{7}{10}", "seven over ten"),
    ("es", "Entonces $x = 5$.", "Entonces x es igual a 5."),
    ("zh", "已知$x = 5$", "已知 x等于五"),
    ("en-us", "Version v1.0.0", "Version one dot zero dot zero"),
    ("en-us", "10 a.m.-5 p.m.", "ten A.M. to five P.M."),
]


@pytest.mark.parametrize(("lang", "written", "said"), REPORTED)
def test_it_is_read_right(lang: str, written: str, said: str) -> None:
    assert clean(written, lang) == said


KEPT = [
    "a < b and c > d",
    "vector<string> x",
    "if a<b then more c>d people",
    "List<Map<string, more>> people",
    "it costs $5 & more; then",
    "m² and km²",
    "call 200 people",
]
"""What looks like markup, a footnote or a code and is none."""


@pytest.mark.parametrize("written", KEPT)
def test_no_word_of_what_is_none_is_lost(written: str) -> None:
    said = clean(written).lower()
    for word in ("vector", "string", "then", "more", "people", "two hundred", "squared"):
        if word in written or (word == "two hundred" and "200" in written):
            assert word in said
    assert said.count("squared") == written.count("²")
