//! From a printed rule to statements: clauses first, then one recursive descent over each.

use rust_decimal::Decimal;

use crate::domain::rule::index::FormIndex;
use crate::domain::rule::lexer::{Placed, Token, tokens};
use crate::domain::rule::text::{is_code_like, is_numeral, normalise};
use crate::domain::rule::{
    Chain, Clause, Comparator, Demand, Expression, Fault, MAX_DEPTH, MAX_RULE_CHARS, Operator, Reference, Severity, Statement,
};

/// Words that ask for an explanation instead of a refusal.
const EXPLAIN: [&str; 10] = ["核实", "说明", "提示", "提醒", "警告", "查询", "warning", "注意", "一般性", "一般审核"];

/// Reads a printed rule with the words of its form. Every character stands in exactly one clause, or between two.
pub fn parse(text: &str, form: &FormIndex) -> Vec<Clause> {
    if text.chars().nth(MAX_RULE_CHARS).is_some() {
        return vec![Clause { text: text.to_owned(), at: 0, read: Err(Fault::TooLarge) }];
    }
    let printed: Vec<char> = text.chars().collect();
    let chars = normalise(text);
    let mut clauses = Vec::new();
    let mut severity = Severity::Refuse;
    for segment in chars.split(|c| matches!(c.c, ';' | '。' | '\n' | '!' | '?')) {
        let mut placed = tokens(segment, form.words());
        drop_heading(&mut placed, &mut severity);
        let groups = groups(placed, form);
        let starts: Vec<usize> = groups.iter().map(|g| g.first().map_or(0, |p| p.at)).collect();
        let end = segment.last().map_or(0, |c| c.at + 1);
        for (n, group) in groups.iter().enumerate() {
            let from = starts.get(n).copied().unwrap_or(end);
            let to = starts.get(n + 1).copied().unwrap_or(end);
            let words: String = printed.get(from..to.max(from)).unwrap_or_default().iter().collect();
            let words = words.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '，' | ',' | '、'));
            clauses.push(Clause { text: words.to_owned(), at: from, read: read_clause(group, severity) });
        }
    }
    clauses
}

/// `3.平衡关系：` before the first clause says how serious all are, at most.
fn drop_heading(placed: &mut Vec<Placed>, severity: &mut Severity) {
    let colon = placed.iter().position(|p| p.token == Token::Colon);
    let compare = placed.iter().position(|p| matches!(p.token, Token::Compare(_))).unwrap_or(usize::MAX);
    let Some(colon) = colon.filter(|at| *at < compare && compare != usize::MAX) else { return };
    let heading: Vec<Placed> = placed.drain(..=colon).collect();
    *severity = heading.iter().map(|p| severity_of(&p.token)).max().unwrap_or_default();
}

fn severity_of(token: &Token) -> Severity {
    let asks = |text: &str| EXPLAIN.iter().any(|w| text.contains(w));
    match token {
        Token::Word(text) | Token::Filler(text) | Token::Bracket(text) if asks(text) => Severity::Explain,
        _ => Severity::Refuse,
    }
}

fn relates(tokens: &[Placed]) -> bool {
    tokens.iter().any(|p| matches!(p.token, Token::Compare(_) | Token::Blank | Token::Required | Token::PlusMinus))
}

fn is_operand_end(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Bracket(_) | Token::Close | Token::Percent | Token::Sum)
}

/// Clauses of a segment: parted by spaces between complete statements and by commas before a new one.
fn groups(placed: Vec<Placed>, form: &FormIndex) -> Vec<Vec<Placed>> {
    let mut spaced: Vec<Vec<Placed>> = vec![Vec::new()];
    let mut was_space = false;
    for token in placed {
        if token.token == Token::Space {
            was_space = true;
            continue;
        }
        let Some(group) = spaced.last_mut() else { continue };
        let begins = matches!(token.token, Token::Word(_) | Token::Open | Token::If | Token::Filler(_));
        let ends = group.last().is_some_and(|l| is_operand_end(&l.token));
        if was_space && begins && ends && relates(group) {
            spaced.push(vec![token]);
        } else if was_space && let (Token::Word(more), Some(Token::Word(word))) = (&token.token, group.last_mut().map(|l| &mut l.token)) {
            word.push_str(more);
        } else {
            group.push(token);
        }
        was_space = false;
    }
    spaced.into_iter().flat_map(|group| at_commas(group, form)).collect()
}

fn at_commas(group: Vec<Placed>, form: &FormIndex) -> Vec<Vec<Placed>> {
    let mut found: Vec<Vec<Placed>> = Vec::new();
    for part in group.split(|p| p.token == Token::Comma) {
        let part: Vec<Placed> = part.to_vec();
        let Some(first) = part.first().cloned() else { continue };
        let Some(before) = found.last_mut() else {
            found.push(part);
            continue;
        };
        let is_condition = before.last().is_some_and(|l| matches!(l.token, Token::When | Token::Then))
            || (before.iter().any(|p| p.token == Token::If) && !before.iter().any(|p| matches!(p.token, Token::When | Token::Then)));
        // A6-1，A6-2≤06: a list before the comparison.
        let names = |p: &Placed| matches!(&p.token, Token::Word(w) if is_code_like(w) || form.knows(w)) || p.token == Token::List;
        if !relates(before) && relates(&part) && before.iter().all(names) {
            before.push(Placed { token: Token::List, at: first.at });
            before.extend(part);
            continue;
        }
        let is_remark = part
            .iter()
            .all(|p| matches!(&p.token, Token::Word(w) if !is_code_like(w) && !form.knows(w)) || matches!(p.token, Token::Filler(_)));
        if is_condition {
            if !before.last().is_some_and(|l| matches!(l.token, Token::When | Token::Then)) {
                before.push(Placed { token: Token::When, at: first.at });
            }
            before.extend(part);
        } else if relates(&part) || !relates(before) {
            found.push(part);
        } else if is_remark {
            before.extend(part.into_iter().map(|p| match p.token {
                Token::Word(text) => Placed { token: Token::Filler(text), at: p.at },
                _ => p,
            }));
        } else {
            before.push(Placed { token: Token::List, at: first.at });
            before.extend(part);
        }
    }
    found
}

fn read_clause(group: &[Placed], heading: Severity) -> Result<Statement, Fault> {
    if !relates(group) {
        return Err(Fault::Remark);
    }
    let severity = group.iter().map(|p| severity_of(&p.token)).max().unwrap_or_default().max(heading);
    let mut tokens: Vec<Placed> = group.iter().filter(|p| !matches!(p.token, Token::Filler(_) | Token::Colon)).cloned().collect();
    // 1. before a rule counts the rules.
    if let [Placed { token: Token::Word(number), .. }, Placed { token: Token::Word(point), .. }, ..] = tokens.as_slice()
        && is_numeral(number)
        && point == "."
    {
        tokens.drain(..2);
    }
    let mut parser = Parser { tokens: &tokens, position: 0, depth: 0, severity };
    let when = parser.condition()?;
    let demand = parser.demand()?;
    parser.finish()?;
    Ok(Statement { when, demand, severity })
}

struct Parser<'a> {
    tokens: &'a [Placed],
    position: usize,
    depth: usize,
    severity: Severity,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position).map(|p| &p.token)
    }

    fn take(&mut self, token: &Token) -> bool {
        let is_there = self.peek() == Some(token);
        self.position += usize::from(is_there);
        is_there
    }

    fn fault<T>(&self) -> Result<T, Fault> {
        let (word, at) = match self.tokens.get(self.position) {
            Some(p) => (shown(&p.token), p.at),
            None => (String::new(), self.tokens.last().map_or(0, |p| p.at + 1)),
        };
        Err(Fault::Syntax { word, at })
    }

    fn condition(&mut self) -> Result<Option<Chain>, Fault> {
        let has_if = self.take(&Token::If);
        let has_when = self.tokens.iter().any(|p| matches!(p.token, Token::When | Token::Then));
        if !has_if && !has_when {
            return Ok(None);
        }
        let chain = self.chain()?;
        let mut is_closed = self.take(&Token::When);
        is_closed |= self.take(&Token::Then);
        self.take(&Token::Comma);
        is_closed |= self.take(&Token::Then);
        if is_closed { Ok(Some(chain)) } else { self.fault() }
    }

    fn demand(&mut self) -> Result<Demand, Fault> {
        let side = self.side()?;
        match self.peek() {
            Some(Token::Blank) => {
                self.position += 1;
                Ok(Demand::Blank(side))
            }
            Some(Token::Required) => {
                self.position += 1;
                Ok(Demand::Required(side))
            }
            _ => self.chain_from(side).map(Demand::Compare),
        }
    }

    fn finish(&mut self) -> Result<(), Fault> {
        while let Some(token) = self.peek() {
            let is_remark = matches!(token, Token::Bracket(_)) || severity_of(token) == Severity::Explain;
            if !is_remark {
                return self.fault();
            }
            self.position += 1;
        }
        Ok(())
    }

    fn chain(&mut self) -> Result<Chain, Fault> {
        let side = self.side()?;
        self.chain_from(side)
    }

    fn chain_from(&mut self, mut first: Vec<Expression>) -> Result<Chain, Fault> {
        let mut rest = Vec::new();
        loop {
            let comparator = match self.peek() {
                Some(Token::Compare(comparator)) => {
                    let comparator = *comparator;
                    self.position += 1;
                    comparator
                }
                Some(Token::PlusMinus) => Comparator::AtMost,
                _ => break,
            };
            let moves = first.iter().any(|e| matches!(e, Expression::Change(..)));
            if moves || self.peek() == Some(&Token::PlusMinus) {
                // 同比±30% bounds the movement in both directions; 超过30%须说明 is the same bound.
                self.take(&Token::PlusMinus);
                first = first
                    .into_iter()
                    .map(|e| if matches!(e, Expression::Absolute(_)) { e } else { Expression::Absolute(Box::new(e)) })
                    .collect();
                let asks = comparator == Comparator::More && self.severity == Severity::Explain;
                let side = self.side()?;
                rest.push((if asks { Comparator::AtMost } else { comparator }, side));
                continue;
            }
            let side = self.side()?;
            rest.push((comparator, side));
        }
        if rest.is_empty() { self.fault() } else { Ok(Chain { first, rest }) }
    }

    /// Expressions parted by 、; followed by 之和 they are one.
    fn side(&mut self) -> Result<Vec<Expression>, Fault> {
        let mut items = vec![self.item()?];
        while self.take(&Token::List) {
            items.push(self.item()?);
        }
        if self.peek() == Some(&Token::Sum) {
            self.position += 1;
            let mut parts = items.into_iter();
            let first = parts.next().into_iter();
            let sum = first.chain(parts).reduce(|a, b| Expression::Binary(Operator::Add, Box::new(a), Box::new(b)));
            return Ok(sum.into_iter().collect());
        }
        Ok(items)
    }

    fn item(&mut self) -> Result<Expression, Fault> {
        let start = self.position;
        if let (Some(Token::Word(_)), Some(Token::To), Some(Token::Word(_)), after) =
            (self.peek(), self.ahead(1), self.ahead(2), self.ahead(3))
            && !matches!(after, Some(Token::Sum | Token::Plus | Token::Minus | Token::Times | Token::Divide | Token::Bracket(_)))
        {
            let from = self.reference()?;
            self.position += 1;
            let to = self.reference()?;
            return Ok(Expression::SpanEach(from, to));
        }
        self.position = start;
        self.expression()
    }

    fn ahead(&self, n: usize) -> Option<&Token> {
        self.tokens.get(self.position + n).map(|p| &p.token)
    }

    fn expression(&mut self) -> Result<Expression, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::TooLarge);
        }
        let mut left = self.product()?;
        loop {
            // 2+…+5 and 2+3+…+5.
            if self.peek() == Some(&Token::Plus) && self.ahead(1) == Some(&Token::To) {
                self.position += 2;
                if !self.take(&Token::Plus) {
                    return self.fault();
                }
                let to = self.reference()?;
                left = widen(left, to).ok_or_else(|| self.fault::<()>().err().unwrap_or(Fault::TooLarge))?;
                continue;
            }
            let operator = match self.peek() {
                Some(Token::Plus) => Operator::Add,
                Some(Token::Minus) => Operator::Subtract,
                _ => break,
            };
            self.position += 1;
            let right = self.product()?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, Fault> {
        let mut left = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Times) => Operator::Multiply,
                Some(Token::Divide) => Operator::Divide,
                _ => break,
            };
            self.position += 1;
            let right = match self.factor()? {
                // ×100% turns a share into a figure in percent: the factor is a hundred.
                Expression::Number(one) if one == Decimal::ONE => {
                    let at = self.tokens.get(self.position.saturating_sub(2)).map_or(0, |p| p.at);
                    Expression::Word(Reference { word: "100".to_owned(), notes: Vec::new(), at })
                }
                other => other,
            };
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Expression, Fault> {
        match self.peek() {
            Some(Token::Open) => {
                self.position += 1;
                let inside = self.expression()?;
                if !self.take(&Token::Close) {
                    return self.fault();
                }
                self.skip_brackets();
                Ok(inside)
            }
            Some(Token::Bar) => {
                self.position += 1;
                let inside = self.expression()?;
                if self.take(&Token::Bar) { Ok(Expression::Absolute(Box::new(inside))) } else { self.fault() }
            }
            Some(Token::Sum) => {
                self.position += 1;
                let from = self.reference()?;
                if !self.take(&Token::To) && !self.take(&Token::Minus) {
                    return self.fault();
                }
                Ok(Expression::SpanSum(from, self.reference()?))
            }
            Some(Token::Word(_)) => self.word(),
            _ => self.fault(),
        }
    }

    /// A remark behind a bracket or a sum.
    fn skip_brackets(&mut self) {
        while matches!(self.peek(), Some(Token::Bracket(_))) {
            self.position += 1;
        }
    }

    fn word(&mut self) -> Result<Expression, Fault> {
        let reference = self.reference()?;
        match self.peek() {
            Some(Token::Percent) => {
                self.position += 1;
                let share = reference.word.parse::<Decimal>().ok().and_then(|d| d.checked_div(Decimal::ONE_HUNDRED));
                match share {
                    Some(share) if is_numeral(&reference.word) => Ok(Expression::Number(share.normalize())),
                    _ => self.fault(),
                }
            }
            Some(Token::Trend(shift)) => {
                let shift = *shift;
                self.position += 1;
                Ok(Expression::Change(reference, shift))
            }
            Some(Token::To) => {
                self.position += 1;
                let to = self.reference()?;
                self.take(&Token::Sum);
                Ok(Expression::SpanSum(reference, to))
            }
            _ => Ok(group_of(reference)),
        }
    }

    fn reference(&mut self) -> Result<Reference, Fault> {
        let Some(Placed { token: Token::Word(word), at }) = self.tokens.get(self.position) else { return self.fault() };
        let mut reference = Reference { word: word.clone(), notes: Vec::new(), at: *at };
        self.position += 1;
        loop {
            match self.peek() {
                Some(Token::Bracket(inside)) => {
                    reference.notes.push(inside.clone());
                    self.position += 1;
                }
                // 捕捞（养殖）产量: the bracket stands inside the name.
                Some(Token::Word(more))
                    if !reference.notes.is_empty()
                        && !is_code_like(more)
                        && severity_of(&Token::Word(more.clone())) == Severity::Refuse =>
                {
                    reference.word.push_str(more);
                    self.position += 1;
                }
                _ => return Ok(reference),
            }
        }
    }
}

/// The sum up to `to` whose last part so far is where the span begins.
fn widen(left: Expression, to: Reference) -> Option<Expression> {
    match left {
        Expression::Word(from) => Some(Expression::SpanSum(from, to)),
        Expression::Binary(Operator::Add, before, last) => {
            let Expression::Word(from) = *last else { return None };
            Some(Expression::Binary(Operator::Add, before, Box::new(Expression::SpanSum(from, to))))
        }
        _ => None,
    }
}

fn group_of(reference: Reference) -> Expression {
    let cut = |suffix: &str| reference.word.strip_suffix(suffix).filter(|w| !w.is_empty()).map(str::to_owned);
    for suffix in ["分组合计", "各组合计", "各项合计", "分项合计"] {
        if let Some(word) = cut(suffix) {
            return Expression::GroupSum(Reference { word, ..reference });
        }
    }
    for suffix in ["分项指标", "各项指标", "各分项"] {
        if let Some(word) = cut(suffix) {
            return Expression::GroupEach(Reference { word, ..reference });
        }
    }
    Expression::Word(reference)
}

fn shown(token: &Token) -> String {
    match token {
        Token::Word(word) | Token::Filler(word) => word.clone(),
        Token::Bracket(inside) => format!("({inside})"),
        Token::Compare(comparator) => comparator.sign().to_owned(),
        Token::Plus => "+".into(),
        Token::Minus => "-".into(),
        Token::Times => "×".into(),
        Token::Divide => "÷".into(),
        Token::Open => "(".into(),
        Token::Close => ")".into(),
        Token::Bar => "|".into(),
        Token::Percent => "%".into(),
        Token::PlusMinus => "±".into(),
        Token::List => "、".into(),
        Token::Comma => ",".into(),
        Token::Space => " ".into(),
        Token::To => "~".into(),
        Token::Sum => "之和".into(),
        Token::If => "若".into(),
        Token::When => "时".into(),
        Token::Then => "则".into(),
        Token::Blank => "免填".into(),
        Token::Required => "必填".into(),
        Token::Trend(_) => "同比".into(),
        Token::Colon => ":".into(),
    }
}
